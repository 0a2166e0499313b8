package catalog

import "strings"

var _ = millraceView(9031, "model_versions", `
	model oid, name name, version int4, is_current bool, format text, task text, inputs text, result text, classes text,
	checksum text, bytes int8, created timestamptz, options text, nanoseconds float8`, millraceModelVersions)

func millraceModelVersions(q *Request, w *rows) {
	for _, m := range q.Catalog.Models() {
		for _, v := range m.Versions {
			var inputs, options []string
			for _, in := range v.Inputs {
				inputs = append(inputs, in.Name+" "+in.Type().String())
			}
			for _, name := range []string{"inputs", "output"} {
				if o := v.Options[name]; o != "" {
					options = append(options, name+" = "+o)
				}
			}
			w.add(num(m.OID), str(m.Name), num(v.Number), flag(v.Number == m.Current), str(v.Format), str(v.Task), str(strings.Join(inputs, ", ")),
				str(v.Result.String()), strOrNull(strings.Join(v.Classes, ", ")), str(v.Checksum), num(v.Bytes), num(v.Created),
				strOrNull(strings.Join(options, "; ")), flt(v.Cost))
		}
	}
}
