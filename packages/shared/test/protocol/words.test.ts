import t from 'tap';
import { fits } from '../../src/protocol/check.ts';
import { Timestamp } from '../../src/protocol/primitives.ts';

for (const moment of [
  '1970-01-01T00:00:00Z',
  '2024-02-29T23:59:59Z',
  '2000-02-29T00:00:00.123Z',
  '2026-12-31T00:00:00.000Z',
  '9999-12-31T23:59:59Z',
]) {
  t.test(`${moment} is a timestamp`, async (t) => {
    t.ok(fits(Timestamp, moment));
    t.ok(Number.isFinite(Date.parse(moment)));
  });
}

for (const text of [
  '2026-99-99T99:99:99Z',
  '2026-00-10T00:00:00Z',
  '2026-13-10T00:00:00Z',
  '2026-01-00T00:00:00Z',
  '2026-01-32T00:00:00Z',
  '2026-04-31T00:00:00Z',
  '2026-02-29T00:00:00Z',
  '2100-02-29T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T00:60:00Z',
  '2026-01-01T00:00:60Z',
  '0000-01-01T00:00:00Z',
  '1899-12-31T00:00:00Z',
  '2026-01-01T00:00:00',
  '2026-01-01T00:00:00+01:00',
  `2026-01-01T00:00:00.${'0'.repeat(10)}Z`,
]) {
  t.test(`R18: ${text} is no timestamp`, async (t) => t.notOk(fits(Timestamp, text)));
}

t.test('R18: every day that JavaScript knows is a timestamp, and no other', async (t) => {
  const days = ['1900', '1999', '2000', '2024', '2025', '2026', '2100', '2400'].flatMap((year) =>
    Array.from({ length: 13 * 33 }, (_, index) => [year, Math.floor(index / 33), index % 33] as const),
  );
  const two = (count: number) => String(count).padStart(2, '0');
  for (const [year, month, day] of days) {
    const text = `${year}-${two(month)}-${two(day)}T12:00:00.000Z`;
    const at = Date.parse(text);
    const isReal = Number.isFinite(at) && new Date(at).toISOString() === text;
    if (fits(Timestamp, text) !== isReal) t.fail(text);
  }
});
