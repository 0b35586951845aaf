package jellyfishtest

import (
	"slices"
	"testing"
)

// Large bodies aren't kept without end, whatever their number may be.
func TestHistoryIsBoundedInBytes(t *testing.T) {
	for _, test := range []struct {
		limit int
		sizes []int
		want  []int // The indices of those that are left.
	}{
		{4, []int{historySize / 2, historySize / 2}, []int{0, 1}},
		{4, []int{historySize / 2, historySize / 2, 1}, []int{1, 2}},
		{4, []int{1, 1, historySize}, []int{2}},
		{4, []int{1, 1, historySize + 1}, []int{}},
		{4, []int{historySize + 1, 1, 1}, []int{1, 2}},
		{2, []int{1, 1, 1, historySize - 1}, []int{2, 3}},
	} {
		var h history[int]
		for i, size := range test.sizes {
			h.add(test.limit, size, i)
		}
		if got := h.list(); !slices.Equal(got, test.want) {
			t.Errorf("of %d there are left %v, want %v", test.sizes, got, test.want)
		}
	}
}
