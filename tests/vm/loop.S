// SPDX-FileCopyrightText: The vmfc authors
// SPDX-License-Identifier: Apache-2.0
//
// loop N: runs 2 N instructions and the few that it takes to read N and to end.
// 64-bit Arm, Linux; see the procedure call standard of the architecture and syscall(2).

	.globl _start
_start:
	ldr	x1, [sp, #16]		// argv[1]
	mov	x0, #0
	mov	x3, #10
digit:
	ldrb	w2, [x1], #1
	sub	w2, w2, #'0'
	cmp	w2, #9
	b.hi	counted
	madd	x0, x0, x3, x2
	b	digit
counted:
	cbz	x0, done
again:
	subs	x0, x0, #1
	b.ne	again
done:
	mov	x0, #0
	mov	x8, #93			// exit
	svc	#0
