package main

import (
	"fmt"
	"time"

	"github.com/millracedb/millrace/cmd/millrace/internal/modelbench"
)

type modelsCommand struct {
	Model string        `help:"One of the models, by its name; all when it is left out."`
	Time  time.Duration `help:"How long each is measured." default:"2s"`
	Write string        `help:"Write the models' files to this folder, for other evaluators to read; nothing is run."`
}

// Run prints a line a model.
func (c *modelsCommand) Run(p *process) error {
	models := modelbench.Models()
	if c.Write != "" {
		return modelbench.Write(c.Write, models)
	}
	found := false
	for i := range models {
		m := &models[i]
		if c.Model != "" && c.Model != m.Name {
			continue
		}
		found = true
		rows, err := modelbench.Measure(m, c.Time)
		if err != nil {
			return err
		}
		fmt.Fprintf(p.Out, "model %s batch=%d rows_per_s=%.0f to_reach=%.0f\n", m.Name, modelbench.Batch, rows, m.Reach)
	}
	if !found {
		return fmt.Errorf("there is no model %q", c.Model)
	}
	return nil
}
