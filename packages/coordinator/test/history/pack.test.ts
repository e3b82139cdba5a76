import { randomBytes } from 'node:crypto';
import { historyMetrics } from '@picket/shared/protocol/history.ts';
import t from 'tap';
import { type Figures, measures } from '../../src/history/figures.ts';
import { mostPackedBytes, packed, unpacked } from '../../src/history/pack.ts';
import { emptyRing, most, type Point, type Ring } from '../../src/history/ring.ts';
import { sampleFigures } from './figures.ts';

const full = (figures: (index: number) => Figures): Ring => {
  const points = (count: number): Point[] =>
    Array.from({ length: count }, (_, index) => ({ slot: 5_900_000 + index * 3, figures: figures(index) }));
  return { fine: points(most.fine), coarse: points(most.coarse) };
};

/** What no compression makes smaller. */
function randomFigures(): Figures {
  const values = historyMetrics.map((metric) => {
    const { bytes, step, lowest } = measures[metric];
    return [metric, lowest + (randomBytes(4).readUInt32LE() % (2 ** (8 * bytes) - 1)) * step];
  });
  return Object.fromEntries(values) as Figures;
}

t.test('R18: the fullest history takes 16 KiB at most, and is read as it was written', async (t) => {
  const ring = full(randomFigures);
  const blob = await packed(ring);
  t.ok(mostPackedBytes <= 16 * 1024, `${mostPackedBytes} bytes at most`);
  t.ok(blob.length > mostPackedBytes / 2, 'these figures do not compress');
  t.ok(blob.length <= mostPackedBytes, `${blob.length} bytes`);
  t.same(await unpacked(blob), ring);
});

t.test('the history of an idle member takes a fraction of that', async (t) => {
  const blob = await packed(
    full((index) => ({
      'db-size': 20_000 * 4096,
      'db-in-use': (15_000 + (index % 12) * 40) * 4096,
      'fsync-p99': 4 + (index % 3),
      elections: 0,
      temperature: 45 + (index % 5),
      'memory-available': (700 + 16 * (index % 4)) * 1024 * 1024,
    })),
  );
  t.ok(blob.length < 4096, `${blob.length} bytes`);
});

t.test('what was not reported stays unknown, and what is out of reach becomes the nearest value', async (t) => {
  const points = [
    { slot: 1, figures: sampleFigures() },
    { slot: 2, figures: sampleFigures({ temperature: -300, 'db-size': 2 ** 48, elections: 1000 }) },
    { slot: 3, figures: sampleFigures({ temperature: -20, 'memory-available': 0 }) },
  ];
  const read = await unpacked(await packed({ fine: points, coarse: [] }));
  t.same(read, {
    fine: [
      points[0],
      { slot: 2, figures: sampleFigures({ temperature: -100, 'db-size': (2 ** 24 - 2) * 4096, elections: 254 }) },
      points[2],
    ],
    coarse: [],
  });
});

t.test('a damaged history is none', async (t) => {
  const whole = await packed(full(randomFigures));
  t.equal(await unpacked(Buffer.from('no history')), null);
  t.equal(await unpacked(whole.subarray(0, 1000)), null);
  t.equal(await unpacked(Buffer.alloc(0)), null);
  t.equal(await unpacked(Buffer.concat([whole, randomBytes(2 * mostPackedBytes)])), null);
  t.same(await unpacked(await packed(emptyRing)), emptyRing);
});
