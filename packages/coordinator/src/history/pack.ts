import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { type HistoryMetric, historyMetrics } from '@picket/shared/protocol/history.ts';
import { type Figures, measures } from './figures.ts';
import { most, type Point, type Ring } from './ring.ts';

const compress = promisify(deflateRaw);
const decompress = promisify(inflateRaw);

const format = 1;
const slotBytes = 4;
const mostSlot = 2 ** (8 * slotBytes) - 1;
const pointBytes = slotBytes + historyMetrics.reduce((sum, metric) => sum + measures[metric].bytes, 0);
/** The format, and of each resolution the number of points. */
const headBytes = 1 + 2 * 2;
const unpackedBytes = headBytes + (most.fine + most.coarse) * pointBytes;
/** What compression may add to data that it cannot compress. */
const compressionBytes = 64;

/** The largest packed history of a member, in bytes. */
export const mostPackedBytes = unpackedBytes + compressionBytes;

/**
 * Packs a history into at most `mostPackedBytes`. Metric after metric, because neighbouring values of one are alike and
 * compress well.
 */
export async function packed(ring: Ring): Promise<Buffer> {
  const parts = [ring.fine, ring.coarse];
  const octets = Buffer.alloc(headBytes + (ring.fine.length + ring.coarse.length) * pointBytes);
  let end = octets.writeUInt8(format, 0);
  for (const points of parts) end = octets.writeUInt16LE(points.length, end);
  for (const points of parts) {
    for (const { slot } of points) end = octets.writeUInt32LE(Math.min(slot, mostSlot), end);
    for (const metric of historyMetrics) {
      for (const { figures } of points)
        end = octets.writeUIntLE(encoded(metric, figures[metric]), end, measures[metric].bytes);
    }
  }
  return compress(octets);
}

/** null if there is none, or if it is damaged or of another version: the history then begins again. */
export async function unpacked(blob: Uint8Array | undefined): Promise<Ring | null> {
  if (blob === undefined || blob.length > mostPackedBytes) return null;
  try {
    const octets = await decompress(blob, { maxOutputLength: unpackedBytes });
    if (octets.readUInt8(0) !== format) return null;
    const counts = { fine: octets.readUInt16LE(1), coarse: octets.readUInt16LE(3) };
    if (octets.length !== headBytes + (counts.fine + counts.coarse) * pointBytes) return null;
    const fine = readPoints(octets, headBytes, counts.fine);
    const coarse = readPoints(octets, headBytes + counts.fine * pointBytes, counts.coarse);
    return { fine, coarse };
  } catch {
    return null;
  }
}

function readPoints(octets: Buffer, begin: number, count: number): readonly Point[] {
  let column = begin + count * slotBytes;
  const columns = new Map<HistoryMetric, number>();
  for (const metric of historyMetrics) {
    columns.set(metric, column);
    column += count * measures[metric].bytes;
  }
  return Array.from({ length: count }, (_, index) => {
    const read = (metric: HistoryMetric) => {
      const { bytes } = measures[metric];
      return decoded(metric, octets.readUIntLE((columns.get(metric) ?? 0) + index * bytes, bytes));
    };
    const figures = Object.fromEntries(historyMetrics.map((metric) => [metric, read(metric)])) as Figures;
    return { slot: octets.readUInt32LE(begin + index * slotBytes), figures };
  });
}

/** The highest code means that nothing is known. */
function encoded(metric: HistoryMetric, value: number | null): number {
  const { bytes, step, lowest } = measures[metric];
  const unknown = 2 ** (8 * bytes) - 1;
  if (value === null) return unknown;
  return Math.min(unknown - 1, Math.max(0, Math.round((value - lowest) / step)));
}

function decoded(metric: HistoryMetric, code: number): number | null {
  const { bytes, step, lowest } = measures[metric];
  return code === 2 ** (8 * bytes) - 1 ? null : lowest + code * step;
}
