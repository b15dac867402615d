import type { EmbeddedLogOptions } from './embedded-log.ts';

/** A segment is closed when it is this large, unless told otherwise. */
export const SEGMENT_BYTES = 64 * 1024 * 1024;

/** What a config says of retention. Only whole segments go, so small bounds make small segments. */
export function retentionOptions({ days, megabytes }: { readonly days?: number; readonly megabytes?: number } = {}): Pick<EmbeddedLogOptions, 'retention' | 'segmentBytes'> {
  if (days === undefined && megabytes === undefined) return {};
  const maxBytes = megabytes === undefined ? undefined : megabytes * 1_000_000;
  return {
    retention: { ...(maxBytes === undefined ? {} : { maxBytes }), ...(days === undefined ? {} : { maxAgeMs: days * 86_400_000 }) },
    ...(maxBytes === undefined ? {} : { segmentBytes: Math.min(SEGMENT_BYTES, Math.ceil(maxBytes / 4)) }),
  };
}
