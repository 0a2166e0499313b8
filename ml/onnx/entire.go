package onnx

import "fmt"

// entire opens a whole graph in a runtime that knows all of ONNX: the kernel takes the inputs and makes the output.
// It is nil where none is linked; onnxruntime.go, which the build tag onnxruntime brings, sets it.
var entire func(file []byte, inputs []string, output string) (kernel, error)

// lacking is an error for what is in the standard and not here.
type lacking struct{ error }

// lack makes one, which says where all of the standard is.
func lack(format string, args ...any) error { return lacking{fmt.Errorf(format, args...)} }

func (e lacking) Error() string {
	if entire != nil {
		return e.error.Error()
	}
	return e.error.Error() + "; a server built with the tag onnxruntime has all of ONNX"
}

// hand makes a program of one step, which is the whole graph.
func (c *compiler) hand(file []byte, output string, inputs []valueInfo) (*program, error) {
	names, step := make([]string, len(inputs)), step{name: "onnxruntime"}
	for i, in := range inputs {
		names[i] = in.name
		step.in = append(step.in, c.slot(in.name, nil))
	}
	kernel, err := entire(file, names, output)
	if err != nil {
		return nil, err
	}
	step.kernel, step.out = kernel, []int{c.slot(output, nil)}
	c.p.inputs, c.p.output, c.p.steps = step.in, step.out[0], append(c.p.steps[:0], step)
	return c.p, nil
}
