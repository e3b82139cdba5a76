/**
 * The test files, and folders of test files, that take more than a minute on two quiet cores. The slowest comes first. Most
 * wait for what the product waits for; those of the API and of the simulation need the cores. `npm test` starts them before
 * all others, so that none of them runs alone at the end. To update this list, take the ten slowest that `npm test` prints.
 * The path of `t.testdir` is longer for these.
 */
export const slowTests = [
  'packages/coordinator/test/api',
  'test/lab/install.test.ts',
  'test/lab/disk-faults.test.ts',
  'test/lab/systemd-driver.test.ts',
  'test/e2e/renewal.test.ts',
  'test/simulation/simulation.test.ts',
  'test/e2e/etcd-cannot-start.test.ts',
  'packages/agent/test/loop',
  'packages/agent/test/etcd',
  'test/e2e/rollout.test.ts',
  'test/e2e/coordinator-restored.test.ts',
  'test/e2e/demo.test.ts',
  'test/e2e/restore-drill.test.ts',
  'packages/coordinator/test/executor',
];
