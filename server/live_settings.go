package server

import (
	"context"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/catalog"
)

// origin says where a setting's value is from, as pg_settings does.
func (s *Session) origin(d *setting, key string) string {
	v, ok := s.values[key]
	first, given := s.initial[key]
	switch {
	case d.fixed || !ok:
		return "default"
	case given && v == first:
		return "client"
	case !given && v == d.value:
		return "default"
	}
	return "session"
}

func (d *setting) context() string {
	if d.fixed {
		return "internal"
	}
	return "user"
}

// measured is a value of the setting in its unit.
func (d *setting) measured(v string) string {
	if d.unit != "ms" {
		return v
	}
	t, err := parseDuration(v)
	if err != nil {
		return v
	}
	return strconv.FormatInt(t.Milliseconds(), 10)
}

// kind is the setting's vartype.
func (d *setting) kind() string {
	switch {
	case d.enum != nil:
		return "enum"
	case d.unit != "":
		return "integer"
	case d.value == "on" || d.value == "off":
		return "bool"
	}
	if _, err := strconv.Atoi(d.value); err == nil {
		return "integer"
	}
	return "string"
}

func (s *Session) settingRows(_ context.Context, _ *catalog.Request, add func(...string)) error {
	for _, d := range sortedSettings() {
		key := strings.ToLower(d.name)
		v, _ := s.Setting(key)
		add(d.name, v, null, d.context(), s.origin(d, key), d.value, d.doc)
	}
	return nil
}

func (s *Session) pgSettingRows(_ context.Context, _ *catalog.Request, add func(...string)) error {
	for _, d := range sortedSettings() {
		key := strings.ToLower(d.name)
		v, _ := s.Setting(key)
		reset, ok := s.initial[key]
		if !ok {
			reset = d.value
		}
		enum := null
		if d.enum != nil {
			enum = "{" + strings.Join(d.enum, ",") + "}"
		}
		add(d.name, d.measured(v), orNull(d.unit), "Client Connection Defaults", d.doc, null, d.context(), d.kind(), s.origin(d, key), null,
			null, enum, d.measured(d.value), d.measured(reset), null, null, "f")
	}
	return nil
}
