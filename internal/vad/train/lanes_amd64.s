#include "textflag.h"

// Both are the loops of addProductGeneric and addOuterGeneric in lanes.go, four
// lanes at a time, with the same roundings in the same order. SSE is part of every
// x86-64 processor.

// func addProductSSE(out *vec, matrix *float32, in *vec, rows, columns int)
//
// Two rows at a time, all 16 lanes of each in X0-X3 and X4-X7.
TEXT ·addProductSSE(SB), NOSPLIT, $0-40
	MOVQ out+0(FP), DI
	MOVQ matrix+8(FP), SI
	MOVQ in+16(FP), DX
	MOVQ rows+24(FP), CX
	MOVQ columns+32(FP), BX

row:
	MOVUPS 0(DI), X0
	MOVUPS 16(DI), X1
	MOVUPS 32(DI), X2
	MOVUPS 48(DI), X3
	MOVUPS 64(DI), X4
	MOVUPS 80(DI), X5
	MOVUPS 96(DI), X6
	MOVUPS 112(DI), X7
	LEAQ   (SI)(BX*4), R8 // the second row
	MOVQ   DX, R9
	MOVQ   BX, R10

column:
	MOVSS  (SI), X8
	SHUFPS $0, X8, X8
	MOVSS  (R8), X9
	SHUFPS $0, X9, X9
	MOVUPS 0(R9), X10
	MOVAPS X10, X11
	MULPS  X8, X10
	ADDPS  X10, X0
	MULPS  X9, X11
	ADDPS  X11, X4
	MOVUPS 16(R9), X12
	MOVAPS X12, X13
	MULPS  X8, X12
	ADDPS  X12, X1
	MULPS  X9, X13
	ADDPS  X13, X5
	MOVUPS 32(R9), X10
	MOVAPS X10, X11
	MULPS  X8, X10
	ADDPS  X10, X2
	MULPS  X9, X11
	ADDPS  X11, X6
	MOVUPS 48(R9), X12
	MULPS  X12, X8
	ADDPS  X8, X3
	MULPS  X12, X9
	ADDPS  X9, X7
	ADDQ   $4, SI
	ADDQ   $4, R8
	ADDQ   $64, R9
	DECQ   R10
	JNZ    column

	MOVUPS X0, 0(DI)
	MOVUPS X1, 16(DI)
	MOVUPS X2, 32(DI)
	MOVUPS X3, 48(DI)
	MOVUPS X4, 64(DI)
	MOVUPS X5, 80(DI)
	MOVUPS X6, 96(DI)
	MOVUPS X7, 112(DI)
	ADDQ   $128, DI
	MOVQ   R8, SI
	SUBQ   $2, CX
	JNZ    row
	RET

// SUM adds to four elements of a matrix the sums over the quads of four
// registers: first and third, second and fourth element, then both.
#define SUM(A, B, C, D, T, to) \
	MOVAPS   A, T    \
	UNPCKLPS B, A    \
	UNPCKHPS B, T    \
	ADDPS    T, A    \
	MOVAPS   C, T    \
	UNPCKLPS D, C    \
	UNPCKHPS D, T    \
	ADDPS    T, C    \
	MOVAPS   A, T    \
	MOVLHPS  C, A    \
	MOVHLPS  T, C    \
	ADDPS    C, A    \
	MOVUPS   to, T   \
	ADDPS    A, T    \
	MOVUPS   T, to

// QUAD adds the products of four lanes of two elements of d and four of x.
#define QUAD(at) \
	MOVUPS at(DI), X8      \
	MOVUPS (64+at)(DI), X9 \
	MOVUPS at(R9), X10     \
	MOVAPS X10, X11        \
	MULPS  X8, X10         \
	ADDPS  X10, X0         \
	MULPS  X9, X11         \
	ADDPS  X11, X4         \
	MOVUPS (64+at)(R9), X12 \
	MOVAPS X12, X13        \
	MULPS  X8, X12         \
	ADDPS  X12, X1         \
	MULPS  X9, X13         \
	ADDPS  X13, X5         \
	MOVUPS (128+at)(R9), X10 \
	MOVAPS X10, X11        \
	MULPS  X8, X10         \
	ADDPS  X10, X2         \
	MULPS  X9, X11         \
	ADDPS  X11, X6         \
	MOVUPS (192+at)(R9), X12 \
	MULPS  X12, X8         \
	ADDPS  X8, X3          \
	MULPS  X12, X9         \
	ADDPS  X9, X7

// func addOuterSSE(matrix *float32, d, x *vec, rows, columns int)
//
// Two rows and four columns at a time: row by column in X0-X3 and X4-X7.
TEXT ·addOuterSSE(SB), NOSPLIT, $0-40
	MOVQ matrix+0(FP), SI
	MOVQ d+8(FP), DI
	MOVQ x+16(FP), DX
	MOVQ rows+24(FP), CX
	MOVQ columns+32(FP), BX

rows:
	LEAQ (SI)(BX*4), R8 // the second row
	MOVQ DX, R9
	MOVQ BX, R10

columns:
	XORPS X0, X0
	XORPS X1, X1
	XORPS X2, X2
	XORPS X3, X3
	XORPS X4, X4
	XORPS X5, X5
	XORPS X6, X6
	XORPS X7, X7
	QUAD(0)
	QUAD(16)
	QUAD(32)
	QUAD(48)
	SUM(X0, X1, X2, X3, X8, (SI))
	SUM(X4, X5, X6, X7, X9, (R8))
	ADDQ  $16, SI
	ADDQ  $16, R8
	ADDQ  $256, R9
	SUBQ  $4, R10
	JNZ   columns

	ADDQ $128, DI
	MOVQ R8, SI
	SUBQ $2, CX
	JNZ  rows
	RET
