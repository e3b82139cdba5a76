/**
 * The test files, and folders of test files, that take more than a minute on two quiet cores. The slowest comes first. They
 * mostly wait for what the product waits for. `npm test` starts them before all others, so that none of them runs alone at
 * the end. To update this list, take the ten slowest that `npm test` prints. The path of `t.testdir` is longer for these.
 */
export const slowTests = [
  'packages/coordinator/test/api',
  'test/e2e/restore-drill.test.ts',
  'test/lab/disk-faults.test.ts',
  'test/lab/systemd-driver.test.ts',
  'test/e2e/renewal.test.ts',
  'packages/coordinator/test/executor',
  'test/e2e/rollout.test.ts',
  'packages/agent/test',
  'test/lab/install.test.ts',
  'test/lab/openrc-driver.test.ts',
  'test/lab/network-faults.test.ts',
];
