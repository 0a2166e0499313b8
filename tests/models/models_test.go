package models

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	_ "github.com/millracedb/millrace/ml/onnx"
	_ "github.com/millracedb/millrace/ml/trees"
)

// python is one that has some libraries: of the folder where the Makefile puts them, or the
// machine's own.
func python(libraries string) string {
	dir := os.Getenv("MILLRACE_MODELS")
	if dir == "" {
		dir = filepath.Join("..", "..", "bin", "models")
	}
	for _, name := range []string{filepath.Join(dir, "venv", "bin", "python"), "python3"} {
		if exec.Command(name, "-c", "import "+libraries).Run() == nil {
			return name
		}
	}
	return ""
}

// Models that the libraries train now answer here what they answer there, row by row.
func TestLibraries(t *testing.T) { train(t, "train.py", "pandas, lightgbm, xgboost, catboost") }

// Graphs that scikit-learn's converters make, and some made by hand, answer here what
// onnxruntime answers.
func TestGraphs(t *testing.T) { train(t, "train_onnx.py", "pandas, sklearn, skl2onnx, onnxruntime") }

// train lets a script write cases, and checks them.
func train(t *testing.T, script, libraries string) {
	python := python(libraries)
	if python == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("Python with %s is missing; tests/models/install.sh installs them", libraries)
		}
		t.Logf("Python with %s is missing, so models are not tried here", libraries)
		return
	}
	dir := t.TempDir()
	if out, err := exec.Command(python, "-W", "ignore", script, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	CheckAll(t, dir)
}
