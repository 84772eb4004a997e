/* SPDX-License-Identifier: MIT */
/*
 * Microsoft's annotations of parameters, without any meaning here. Those of the first generation
 * (__in, __out ...) only in C: the headers of the C++ library use these words as names. A C++
 * program that needs them defines WINUSB_OLD_SAL and includes the C++ headers first.
 */
#ifndef _SAL_H_
#define _SAL_H_

#define _In_
#define _In_opt_
#define _In_z_
#define _In_opt_z_
#define _In_reads_(n)
#define _In_reads_opt_(n)
#define _In_reads_bytes_(n)
#define _In_reads_bytes_opt_(n)
#define _In_reads_z_(n)
#define _In_reads_opt_z_(n)
#define _In_reads_or_z_(n)
#define _In_range_(low, high)
#define _In_count_(n)
#define _In_bytecount_(n)
#define _In_function_class_(c)
#define _Inout_
#define _Inout_opt_
#define _Inout_z_
#define _Inout_updates_(n)
#define _Inout_updates_opt_(n)
#define _Inout_updates_bytes_(n)
#define _Inout_updates_bytes_opt_(n)
#define _Inout_updates_z_(n)
#define _Inout_updates_all_(n)
#define _Inout_updates_to_(n, m)
#define _Inout_updates_bytes_to_(n, m)
#define _Out_
#define _Out_opt_
#define _Out_writes_(n)
#define _Out_writes_opt_(n)
#define _Out_writes_z_(n)
#define _Out_writes_opt_z_(n)
#define _Out_writes_all_(n)
#define _Out_writes_all_opt_(n)
#define _Out_writes_to_(n, m)
#define _Out_writes_to_opt_(n, m)
#define _Out_writes_bytes_(n)
#define _Out_writes_bytes_opt_(n)
#define _Out_writes_bytes_all_(n)
#define _Out_writes_bytes_to_(n, m)
#define _Out_writes_bytes_to_opt_(n, m)
#define _Out_bytecap_(n)
#define _Out_cap_(n)
#define _Out_range_(low, high)
#define _Outptr_
#define _Outptr_opt_
#define _Outptr_result_maybenull_
#define _Outptr_opt_result_maybenull_
#define _Outptr_result_z_
#define _Outptr_result_buffer_(n)
#define _Outptr_result_bytebuffer_(n)
#define _COM_Outptr_
#define _Deref_out_
#define _Deref_out_range_(low, high)
#define _Ret_
#define _Ret_maybenull_
#define _Ret_notnull_
#define _Ret_opt_
#define _Ret_z_
#define _Ret_range_(low, high)
#define _Ret_writes_(n)
#define _Reserved_
#define _Null_
#define _Notnull_
#define _Maybenull_
#define _Null_terminated_
#define _NullNull_terminated_
#define _Readable_bytes_(n)
#define _Readable_elements_(n)
#define _Writable_bytes_(n)
#define _Writable_elements_(n)
#define _Field_range_(low, high)
#define _Field_size_(n)
#define _Field_size_opt_(n)
#define _Field_size_bytes_(n)
#define _Field_size_bytes_opt_(n)
#define _Field_size_full_(n)
#define _Field_z_
#define _Struct_size_bytes_(n)
#define _Pre_
#define _Post_
#define _Pre_valid_
#define _Pre_opt_valid_
#define _Pre_notnull_
#define _Pre_maybenull_
#define _Post_valid_
#define _Post_invalid_
#define _Post_ptr_invalid_
#define _Post_equals_last_error_
#define _Pre_satisfies_(e)
#define _Post_satisfies_(e)
#define _Printf_format_string_
#define _Scanf_format_string_
#define _Success_(e)
#define _Return_type_success_(e)
#define _On_failure_(e)
#define _Always_(e)
#define _When_(e, a)
#define _At_(e, a)
#define _At_buffer_(b, i, n, a)
#define _Must_inspect_result_
#define _Check_return_
#define _Check_return_opt_
#define _Use_decl_annotations_
#define _Analysis_assume_(e)
#define _Analysis_assume_nullterminated_(e)
#define _Const_
#define _Points_to_data_
#define _Literal_
#define _Notliteral_
#define _Function_class_(c)
#define _IRQL_requires_max_(level)
#define _IRQL_requires_min_(level)
#define _IRQL_requires_(level)
#define _Acquires_lock_(lock)
#define _Releases_lock_(lock)
#define _Requires_lock_held_(lock)
#define _Requires_lock_not_held_(lock)
#define _Guarded_by_(lock)
#define _Interlocked_operand_
#define __analysis_assume(e)

#if !defined(__cplusplus) || defined(WINUSB_OLD_SAL)
#define __in
#define __in_opt
#define __in_z
#define __in_bcount(n)
#define __in_bcount_opt(n)
#define __in_ecount(n)
#define __in_ecount_opt(n)
#define __inout
#define __inout_opt
#define __inout_bcount(n)
#define __inout_bcount_opt(n)
#define __inout_ecount(n)
#define __inout_ecount_opt(n)
#define __out
#define __out_opt
#define __out_bcount(n)
#define __out_bcount_opt(n)
#define __out_bcount_part(n, m)
#define __out_bcount_part_opt(n, m)
#define __out_ecount(n)
#define __out_ecount_opt(n)
#define __out_ecount_part(n, m)
#define __deref_in
#define __deref_inout
#define __deref_out
#define __deref_out_opt
#define __deref_opt_out
#define __checkReturn
#define __nullterminated
#define __notnull
#define __success(e)
#define __drv_aliasesMem
#endif

#endif /* _SAL_H_ */
