/** Element access that is total: arrays here are dense and indices come from their own length. */
export const at = (values: ArrayLike<number>, index: number): number => values[index] ?? 0;

export const bump = (values: Float64Array | Int32Array, index: number, by: number): void => { values[index] = at(values, index) + by; };
