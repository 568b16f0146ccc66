package errs_test

import (
	"errors"
	"fmt"
	"testing"

	"codeberg.org/parvis/parvis/internal/core/errs"
)

func TestKindSurvivesWrapping(t *testing.T) {
	cause := errors.New("disk")
	err := fmt.Errorf("open case: %w", errs.Wrap(errs.Unavailable, "errs.unavailable", cause))
	if !errs.Is(err, errs.Unavailable) || !errors.Is(err, cause) {
		t.Errorf("%v lost its kind or its cause", err)
	}
	if errs.Is(nil, errs.Internal) {
		t.Error("no error is of no kind")
	}
	if errs.KindOf(cause) != errs.Internal {
		t.Error("an error without a kind is internal")
	}
}

func TestFieldsIsNoErrorWhileEmpty(t *testing.T) {
	var f errs.Fields
	if f.Err() != nil {
		t.Error("an empty list is an error")
	}
	f.Add("birth", "errs.date.future", "given", "2031-01-01")
	if !errs.Is(f.Err(), errs.Invalid) || f[0].Field != "birth" || f[0].Args["given"] != "2031-01-01" {
		t.Errorf("%+v", f[0])
	}
}
