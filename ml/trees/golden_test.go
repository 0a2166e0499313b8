package trees_test

import (
	"testing"

	_ "github.com/millracedb/millrace/ml/trees"
	"github.com/millracedb/millrace/tests/models"
)

// Small models with what the libraries answered that made them: tests/models/train.py … golden.
func TestGolden(t *testing.T) { models.CheckAll(t, "testdata/golden") }
