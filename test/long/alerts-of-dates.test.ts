import t from 'tap';
import { alertsOf } from '../support/alerts.ts';
import { fleetOf } from '../support/fleet-of-test.ts';
import { scrape } from '../support/scrape.ts';

t.test('alerts about certificates and backups go off by a real scrape of their days', async (t) => {
  const coordinatorDays = { ahead: 0 };
  const fleet = await fleetOf(t, { members: 1, coordinatorDays });
  const alerts = async () => {
    const during = await scrape(fleet);
    return alertsOf({ before: during, during, at: Date.now() / 1000 + coordinatorDays.ahead * 86_400 });
  };
  const after = async (days: number) => {
    coordinatorDays.ahead = days;
    await fleet.stopCoordinator();
    await fleet.startCoordinator();
    return alerts();
  };
  // Nobody has made a backup of this coordinator.
  t.strictSame(await alerts(), ['PicketBackupOld']);
  t.strictSame(await after(355), ['PicketBackupOld', 'PicketOperatorCertificateEnds']);
  t.strictSame(await after(3400), ['PicketAuthorityEnds', 'PicketBackupOld']);
});
