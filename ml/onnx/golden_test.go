package onnx_test

import (
	"path/filepath"
	"testing"

	_ "github.com/millracedb/millrace/ml/onnx"
	"github.com/millracedb/millrace/tests/models"
)

// Small graphs with what onnxruntime answered: tests/models/train_onnx.py … golden.
func TestGolden(t *testing.T) {
	dirs, err := filepath.Glob("testdata/golden/*")
	if err != nil || len(dirs) == 0 {
		t.Fatal("no cases", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) { models.Check(t, dir) })
	}
}
