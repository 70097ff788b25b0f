package region_test

import (
	"testing"

	"lexline/internal/region"
	"lexline/internal/region/tabletest"
)

func TestMemory(t *testing.T) {
	tabletest.Run(t, func(*testing.T) region.Table { return new(region.Memory) })
}
