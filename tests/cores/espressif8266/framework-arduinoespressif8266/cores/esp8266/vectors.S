// Where exceptions go.
    .text
    .align 4
    .global _DebugExceptionVector, _DoubleExceptionVector, _KernelExceptionVector
    .global _NMIExceptionVector, _UserExceptionVector
_DebugExceptionVector:
_DoubleExceptionVector:
_KernelExceptionVector:
_NMIExceptionVector:
_UserExceptionVector:
    j _UserExceptionVector
