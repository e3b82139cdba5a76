import { reason } from '@picket/shared/reasons/reason.ts';
import type { Concern } from '../../model/concern.ts';
import { noConfiguration } from '../../model/configuration-progress.ts';
import { configuration, trialConfiguration } from './configuration.ts';
import { revival } from './revival.ts';
import { putBack, rolledOut } from './rollout.ts';

/** Settings reach one member first (R6). */
export const configurationConcern = {
  decide: { trial: trialConfiguration, revival, rollout: configuration },
  apply: {
    'release-configuration': ({ configuration: before }, { member, configuration: given }, { now }) => ({
      configuration: rolledOut(before, member, given, now),
    }),
    'confirm-configuration': ({ configuration: before }) => ({ configuration: { ...before, trial: null } }),
    'put-back-configuration': ({ configuration: before }, { member, reason }, { now }) => ({
      configuration: putBack(before, member, reason, now),
    }),
    'settle-configuration': ({ configuration: before }, { configuration: settled }) => ({
      configuration: { ...before, settled, rolledOut: {}, trial: null, stopped: null },
    }),
  },
  instants: { configuration: { trial: { since: true } } },
  busy: ({ progress: { configuration } }) =>
    configuration.trial && reason('settings_on_trial', { member: configuration.trial.member }),
  audited: ({ configuration: { paused, stopped } }) => ({ rollout: { paused, stopped: stopped?.reason ?? null } }),
  onStart: ({ configuration: { trial, ...rest } }, now) => ({
    configuration: { ...rest, trial: trial && { ...trial, since: now } },
  }),
  // Which settings members got since is not known: all get those that all had (R6). An operator decides whether the
  // interrupted rollout continues.
  onTakeOver: ({ configuration: before }) => {
    const underWay = before.trial !== null || Object.keys(before.rolledOut).length > 0;
    return { configuration: { ...before, rolledOut: {}, trial: null, paused: before.paused || underWay } };
  },
  onReset: () => ({ configuration: noConfiguration }),
} satisfies Concern<'configuration'>;
