import t from 'tap';
import { scenesHold } from '../golden/on-another-day.ts';

const dayMs = 86_400_000;
const now = Date.now();
const newYearsEve = new Date(Date.UTC(new Date(now + dayMs).getUTCFullYear(), 11, 31, 23, 30));

const days: readonly (readonly [string, Date])[] = [
  ['a day later', new Date(now + dayMs)],
  ['forty days later', new Date(now + 40 * dayMs)],
  ['on 29 February', new Date('2028-02-29T12:00:00Z')],
  ['in the last hour of 31 December', newYearsEve],
];

for (const [when, at] of days) {
  for (const zone of ['Pacific/Auckland', 'Pacific/Honolulu'])
    t.test(`the scenes hold ${when} in ${zone}`, (t) => scenesHold(t, { at, zone }));
}
