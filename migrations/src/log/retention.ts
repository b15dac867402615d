/** What is beyond it goes, once the sink has applied it; nothing goes by default. */
export interface Retention {
  readonly maxBytes?: number;
  readonly maxAgeMs?: number;
}

/** A segment is closed when it is this large, unless told otherwise. */
export const SEGMENT_BYTES = 64 * 1024 * 1024;

/** What a config says of retention. Only whole segments go, so small bounds make small segments. */
export function retentionOptions({ days, megabytes }: { readonly days?: number; readonly megabytes?: number } = {}): { readonly retention?: Retention; readonly segmentBytes?: number } {
  if (days === undefined && megabytes === undefined) return {};
  const maxBytes = megabytes === undefined ? undefined : megabytes * 1_000_000;
  return {
    retention: { ...(maxBytes === undefined ? {} : { maxBytes }), ...(days === undefined ? {} : { maxAgeMs: days * 86_400_000 }) },
    ...(maxBytes === undefined ? {} : { segmentBytes: Math.min(SEGMENT_BYTES, Math.ceil(maxBytes / 4)) }),
  };
}
