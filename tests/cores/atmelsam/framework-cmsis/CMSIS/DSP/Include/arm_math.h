#pragma once
#if !defined(ARM_MATH_CM0PLUS) && !defined(ARM_MATH_CM4)
#error "the processor is not named"
#endif
