/** Element access that is total: arrays here are dense and indices come from their own length. */
export const at = (values: ArrayLike<number>, index: number): number => values[index] ?? 0;

export const bump = (values: Float64Array | Int32Array, index: number, by: number): void => { values[index] = at(values, index) + by; };

/*
 * The same for one kind of array each. V8 keeps one record of the types seen per function: `at` has seen all kinds and takes the slow way ever after,
 * ten times slower; in the inner loops of the clustering these are used.
 */
export const intAt = (values: Int32Array, index: number): number => values[index] ?? 0;
export const floatAt = (values: Float64Array, index: number): number => values[index] ?? 0;
export const addInt = (values: Int32Array, index: number, by: number): void => { values[index] = intAt(values, index) + by; };
export const addFloat = (values: Float64Array, index: number, by: number): void => { values[index] = floatAt(values, index) + by; };
