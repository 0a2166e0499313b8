//go:build onnxruntime && cgo

package onnx

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// Library is the environment variable that names onnxruntime's shared library (libonnxruntime.so).
const Library = "MILLRACE_ONNXRUNTIME"

func init() { entire = openRuntime }

// begin loads the library once.
var begin = sync.OnceValue(func() error {
	path := os.Getenv(Library)
	if path == "" {
		return fmt.Errorf("the graph needs onnxruntime, whose library the environment variable %s names", Library)
	}
	ort.SetSharedLibraryPath(path)
	return ort.InitializeEnvironment(ort.WithLogLevelError())
})

// session is a graph in the runtime, which ends when nothing refers to it any more. Several goroutines may
// run it at once.
type session struct{ *ort.DynamicAdvancedSession }

// openRuntime is entire.
func openRuntime(file []byte, inputs []string, output string) (kernel, error) {
	if err := begin(); err != nil {
		return nil, err
	}
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	defer options.Destroy()
	if err := errors.Join(options.SetIntraOpNumThreads(1), options.SetInterOpNumThreads(1)); err != nil {
		return nil, err
	}
	opened, err := ort.NewDynamicAdvancedSessionWithONNXData(file, inputs, []string{output}, options)
	if err != nil {
		return nil, err
	}
	s := &session{opened}
	runtime.AddCleanup(s, func(s *ort.DynamicAdvancedSession) { s.Destroy() }, opened)
	row := 1000 + float64(len(file))/8 // nanoseconds by estimate: each weight is used about once
	return func(r *run, in, out []*tensor) error {
		if err := r.spend(row * float64(in[0].dims[0])); err != nil {
			return err
		}
		out[0], err = s.evaluate(r, in)
		runtime.KeepAlive(s)
		return err
	}, nil
}

// evaluate runs the graph.
func (s *session) evaluate(r *run, in []*tensor) (*tensor, error) {
	var pins runtime.Pinner // the runtime reads and keeps the values where they are
	defer pins.Unpin()
	inputs := make([]ort.Value, 0, len(in))
	defer func() {
		for _, v := range inputs {
			v.Destroy()
		}
	}()
	for _, t := range in {
		v, err := lend(&pins, t)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, v)
	}
	outputs := []ort.Value{nil}
	if err := s.Run(inputs, outputs); err != nil {
		return nil, err
	}
	defer outputs[0].Destroy()
	return returned(r, outputs[0])
}

// lend makes a value of a tensor, whose memory it shares where the types are the same.
func lend(pins *runtime.Pinner, t *tensor) (ort.Value, error) {
	shape := make(ort.Shape, len(t.dims))
	for i, d := range t.dims {
		shape[i] = int64(d)
	}
	switch t.kind {
	case single:
		return pinned(pins, shape, t.f)
	case double:
		return pinned(pins, shape, t.d)
	case boolean:
		return pinned(pins, shape, t.b)
	case int64s:
		return pinned(pins, shape, t.i)
	case int32s:
		narrow := make([]int32, len(t.i))
		for i, v := range t.i {
			narrow[i] = int32(v)
		}
		return pinned(pins, shape, narrow)
	}
	texts, err := ort.NewStringTensor(shape)
	if err != nil {
		return nil, err
	}
	return texts, texts.SetContents(t.s)
}

func pinned[T float32 | float64 | int64 | int32 | bool](pins *runtime.Pinner, shape ort.Shape, values []T) (ort.Value, error) {
	if len(values) > 0 {
		pins.Pin(&values[0])
	}
	return ort.NewTensor(shape, values)
}

// returned makes a tensor of a value: of small integers one of int64.
func returned(r *run, v ort.Value) (*tensor, error) {
	switch v := v.(type) {
	case *ort.Tensor[float32]:
		return copied(r, v, single, func(t *tensor) []float32 { return t.f })
	case *ort.Tensor[float64]:
		return copied(r, v, double, func(t *tensor) []float64 { return t.d })
	case *ort.Tensor[bool]:
		return copied(r, v, boolean, func(t *tensor) []bool { return t.b })
	case *ort.Tensor[int64]:
		return copied(r, v, int64s, func(t *tensor) []int64 { return t.i })
	case *ort.Tensor[int32]:
		return widened(r, v)
	case *ort.Tensor[uint8]:
		return widened(r, v)
	case *ort.Tensor[int8]:
		return widened(r, v)
	}
	return nil, errors.New("the output is no tensor of numbers")
}

// copied copies values of the same type.
func copied[T ort.TensorData](r *run, v *ort.Tensor[T], k kind, values func(*tensor) []T) (*tensor, error) {
	t, err := shaped(r, v, k)
	if err == nil {
		copy(values(t), v.GetData())
	}
	return t, err
}

func widened[T int32 | uint8 | int8](r *run, v *ort.Tensor[T]) (*tensor, error) {
	t, err := shaped(r, v, int64s)
	if err == nil {
		for i, x := range v.GetData() {
			t.i[i] = int64(x)
		}
	}
	return t, err
}

// shaped is a tensor of the shape of a value.
func shaped(r *run, v ort.Value, k kind) (*tensor, error) {
	var dims []int
	for _, d := range v.GetShape() {
		dims = append(dims, int(d))
	}
	return r.tensor(k, dims...)
}
