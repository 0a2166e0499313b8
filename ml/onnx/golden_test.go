package onnx_test

import (
	"testing"

	_ "github.com/millracedb/millrace/ml/onnx"
	"github.com/millracedb/millrace/tests/models"
)

// Small graphs with what onnxruntime answered: tests/models/train_onnx.py … golden.
func TestGolden(t *testing.T) { models.CheckAll(t, "testdata/golden") }
