#include "textflag.h"

// func multiplySSE(out *[lanes]float32, block, in *float32, columns int)
//
// The loop of multiplyGeneric, with the same roundings in the same order: 16 sums
// in X0-X3, a column of the block at a time. SSE is part of every x86-64 processor.
TEXT ·multiplySSE(SB), NOSPLIT, $0-32
	MOVQ  out+0(FP), DI
	MOVQ  block+8(FP), SI
	MOVQ  in+16(FP), DX
	MOVQ  columns+24(FP), CX
	XORPS X0, X0
	XORPS X1, X1
	XORPS X2, X2
	XORPS X3, X3

column:
	MOVSS  (DX), X4
	SHUFPS $0, X4, X4
	MOVUPS 0(SI), X5
	MOVUPS 16(SI), X6
	MOVUPS 32(SI), X7
	MOVUPS 48(SI), X8
	MULPS  X4, X5
	MULPS  X4, X6
	MULPS  X4, X7
	MULPS  X4, X8
	ADDPS  X5, X0
	ADDPS  X6, X1
	ADDPS  X7, X2
	ADDPS  X8, X3
	ADDQ   $4, DX
	ADDQ   $64, SI
	DECQ   CX
	JNZ    column

	MOVUPS X0, 0(DI)
	MOVUPS X1, 16(DI)
	MOVUPS X2, 32(DI)
	MOVUPS X3, 48(DI)
	RET
