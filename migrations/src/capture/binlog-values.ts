import type { ColumnText } from './change-event.ts';
import { UnreadableValue } from './envelope-values.ts';

/** A field of the schema that travels with each message (`schemas.enable=true`, `column.propagate.source.type=.*`). */
export interface BinlogField {
  readonly field: string;
  /** Kafka Connect's type: `int64`, `string`, `bytes` … */
  readonly type: string;
  /** Debezium's meaning of it: `io.debezium.time.MicroTime` … */
  readonly name?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** The column's type as its server declares it, upper case: `BIGINT UNSIGNED`. */
const sourceType = ({ parameters }: BinlogField): string => parameters?.['__debezium.source.column.type']?.toUpperCase() ?? '';

/**
 * A value as PostgreSQL reads it. Debezium 3.5 for MariaDB is not exact everywhere; what it gets wrong is mended where nothing is lost, and refused by name where something is.
 * @throws UnreadableValue naming the column
 */
export function binlogText(column: string, field: BinlogField, value: unknown): ColumnText {
  if (value === null || value === undefined) return null;
  refuseType(column, sourceType(field));
  const read = field.name === undefined ? undefined : LOGICAL.get(field.name);
  if (read !== undefined) return read(value, field);
  if (field.type === 'bytes') return String.raw`\x${Buffer.from(string(column, value), 'base64').toString('hex')}`;
  if (field.type === 'boolean') return value === true ? '1' : '0';
  return sourceType(field) === 'BIGINT UNSIGNED' ? BigInt.asUintN(64, integer(value)).toString() : scalar(column, value);
}

/** Wrong in the stream though right in the snapshot: trailing zero bytes are lost on the way. */
function refuseType(column: string, type: string): void {
  if (type !== 'UUID' && type !== 'INET4' && type !== 'INET6') return;
  throw new UnreadableValue(`${column}: Debezium's MariaDB connector does not carry ${type} whole; convert it to CHAR or BINARY(16) at the source, or leave it out (omit).`);
}

/** By Debezium's name for the meaning of a value, under `time.precision.mode=adaptive_time_microseconds`. */
const LOGICAL: ReadonlyMap<string, (value: unknown, field: BinlogField) => string> = new Map<string, (value: unknown, field: BinlogField) => string>([
  ['io.debezium.time.Date', (value) => new Date(Number(value) * 86_400_000).toISOString().slice(0, 10)],
  ['io.debezium.time.Timestamp', (value) => timestamp(integer(value) * 1_000n)],
  ['io.debezium.time.MicroTimestamp', (value) => timestamp(integer(value))],
  // An instant, and says so with its Z.
  ['io.debezium.time.ZonedTimestamp', String],
  ['io.debezium.time.MicroTime', (value) => duration(integer(value))],
  ['io.debezium.time.Year', String],
  ['io.debezium.data.Enum', (value, field) => label(String(value), field)],
  ['io.debezium.data.EnumSet', String],
  ['io.debezium.data.Bits', (value, { parameters }) => bits(Buffer.from(String(value), 'base64'), Number(parameters?.['length'] ?? 0))],
]);

/** Without a zone: MariaDB's DATETIME has none. */
function timestamp(micros: bigint): string {
  const seconds = micros / 1_000_000n - (micros % 1_000_000n < 0n ? 1n : 0n);
  const rest = String(micros - seconds * 1_000_000n).padStart(6, '0');
  return `${new Date(Number(seconds) * 1_000).toISOString().slice(0, 19).replace('T', ' ')}${rest === '000000' ? '' : `.${rest}`}`;
}

/** TIME is a duration there, from -838:59:59 to 838:59:59: an interval in PostgreSQL, or a time where it is one of a day. */
function duration(micros: bigint): string {
  const [sign, all] = micros < 0n ? ['-', -micros] : ['', micros];
  const two = (value: bigint): string => String(value).padStart(2, '0');
  const rest = String(all % 1_000_000n).padStart(6, '0');
  return `${sign}${two(all / 3_600_000_000n)}:${two(all / 60_000_000n % 60n)}:${two(all / 1_000_000n % 60n)}${rest === '000000' ? '' : `.${rest}`}`;
}

/** The stream escapes a label's comma, the snapshot does not; the labels that are allowed are escaped in both. */
function label(value: string, { parameters }: BinlogField): string {
  const escaped: readonly string[] = (parameters?.['allowed'] ?? '').match(/(?:\\.|[^,\\])+/g) ?? [];
  return escaped.includes(value) ? value.replaceAll(String.raw`\,`, ',') : value;
}

/** Debezium sends the lowest byte first; PostgreSQL writes the highest bit first. */
const bits = (bytes: Buffer, length: number): string =>
  [...bytes].reverse().map((byte) => byte.toString(2).padStart(8, '0')).join('').padStart(length, '0').slice(-length);

const integer = (value: unknown): bigint => BigInt(value as number | string);

function string(column: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new UnreadableValue(`${column}: bytes should come as base64.`);
}

function scalar(column: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new UnreadableValue(`${column}: a value of this form has no text; use the generated connector config.`);
}
