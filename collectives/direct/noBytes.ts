/**
 * Where a count of bytes begins. It is -0 because that is a floating-point number and 0 is not: V8 keeps small integers
 * another way, and code that has seen nothing else is thrown away when a count passes 2 GiB, in the middle of the work.
 */
export const NO_BYTES = -0;
