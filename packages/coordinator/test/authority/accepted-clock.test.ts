import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { day, start } from '../inventory/samples.ts';
import { type House, openHouse, serverRequest } from './samples.ts';

/** A certificate was issued while the clock was a year ahead; now the clock is right again. */
async function afterWrongClock(t: Test): Promise<House> {
  const house = await openHouse(t);
  await house.authorities.issue(await serverRequest());
  house.clock.now = start + 365 * day;
  await house.authorities.issue(await serverRequest());
  house.clock.now = start + day;
  return house;
}

const refused = (house: House) =>
  serverRequest()
    .then((request) => house.authorities.issue(request))
    .then(
      () => null,
      (error: { code: string }) => error.code,
    );

t.test('R14: an accepted clock issues again, and not before that moment', async (t) => {
  const house = await afterWrongClock(t);
  t.equal(await refused(house), 'clock_behind');
  t.same(await house.authorities.acceptClock(), {
    now: '2026-01-16T12:00:00.000Z',
    lastIssuance: '2027-01-15T12:00:00.000Z',
  });
  t.equal(await refused(house), null);
  house.clock.now = start + day - 1;
  t.equal(await refused(house), 'clock_behind');
});

t.test('R14: an accepted clock is remembered after a restart, with what it issued', async (t) => {
  const house = await afterWrongClock(t);
  await house.authorities.acceptClock();
  await house.restart();
  house.clock.now = start + day - 1;
  t.equal(await refused(house), 'clock_behind', 'it is before the accepted clock');
  house.clock.now = start + 2 * day;
  t.equal(await refused(house), null);
  await house.restart();
  house.clock.now = start + 2 * day - 1;
  t.equal(await refused(house), 'clock_behind', 'it is before the last issuance since then');
});

for (const ahead of [200, 400]) {
  t.test(`R14: a clock that is ahead once more, by ${ahead} days, was not accepted`, async (t) => {
    const house = await afterWrongClock(t);
    await house.authorities.acceptClock();
    house.clock.now = start + ahead * day;
    t.equal(await refused(house), null);
    house.clock.now = start + 3 * day;
    t.equal(await refused(house), 'clock_behind');
    await house.restart();
    t.equal(await refused(house), 'clock_behind');
    await house.authorities.acceptClock();
    await house.restart();
    t.equal(await refused(house), null);
  });
}

t.test('R14: an old record that returns from the revocation file hides no later issuance', async (t) => {
  const house = await afterWrongClock(t);
  await house.authorities.acceptClock();
  const { record } = await house.authorities.issue(await serverRequest());
  house.clock.now = start + 400 * day;
  await house.authorities.issue(await serverRequest());
  await house.inventory.certificates.create({ ...record, serial: 'abc', issuedAt: start });
  await house.restart();
  house.clock.now = start + 3 * day;
  t.equal(await refused(house), 'clock_behind');
});

t.test('R14: an event records the accepted clock', async (t) => {
  const house = await afterWrongClock(t);
  await house.authorities.acceptClock();
  const { items } = await house.inventory.events.list({ limit: 1, after: null }, null);
  const [event] = items;
  t.equal(event?.kind, 'clock-accepted');
  t.same(event?.facts, { now: '2026-01-16T12:00:00.000Z', lastIssuance: '2027-01-15T12:00:00.000Z' });
});

t.test('R14: accepting a clock that is not behind changes nothing', async (t) => {
  const house = await openHouse(t);
  await house.authorities.issue(await serverRequest());
  house.clock.now = start + 1;
  t.equal(await house.authorities.acceptClock(), null);
  house.clock.now = start;
  t.equal(await refused(house), null);
  t.same((await house.inventory.events.list({ limit: 1, after: null }, null)).items, []);
});

t.test('R14: if the record of an accepted clock is damaged, it must be accepted again', async (t) => {
  const house = await afterWrongClock(t);
  await house.authorities.acceptClock();
  for (const text of ['', '{"acceptedAt":', '{"acceptedAt":"now"}']) {
    writeFileSync(join(house.directory, 'authority/accepted-clock.json'), text);
    await house.restart();
    t.equal(await refused(house), 'clock_behind');
  }
});
