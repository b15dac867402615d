/** Columns padded to their widest cell; numbers (cells that look like one) to the right. */
export function table(rows: readonly (readonly string[])[], head?: readonly string[]): string {
  const all = head === undefined ? rows : [head, ...rows];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const right = widths.map((_, column) => rows.length > 0 && rows.every((row) => NUMBER.test(row[column] ?? '')));
  const line = (row: readonly string[]): string => row.map((cell, column) => {
    const width = widths[column] ?? 0;
    return right[column] === true ? cell.padStart(width) : cell.padEnd(width);
  }).join('  ').trimEnd();
  return all.map(line).join('\n');
}

const NUMBER = /^$|^[-+]?[\d.,]+( ?(%|ms|s|×|B|KB|MB))?$/;
