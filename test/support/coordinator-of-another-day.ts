// The coordinator with a clock that is some days ahead, and identities that do not last as long as they should. The
// product has no setting for that: somebody would set it by mistake.
import type { CoordinatorDays } from './fleet.ts';
import { programs, sources } from './programs.ts';

const days: CoordinatorDays = JSON.parse(process.env.PICKET_TEST_COORDINATOR_DAYS ?? '');
const { now } = Date;
Date.now = () => now() + days.ahead * 86_400_000;
if (days.identitySeconds === undefined) {
  await import(programs.coordinator);
} else {
  const { lifetimes } = await import('@picket/coordinator/authority/lifetimes.ts');
  Object.assign(lifetimes, { node: days.identitySeconds * 1000 });
  await import(sources.coordinator);
}
