import type { Flags, Texts } from './facts.ts';

type Path = Texts<'path'>;

/** What is wrong with the files that a conf.yml names, whoever wrote it. */
export const machineLookReasons = {
  conf_listens_on_name: '{path} has a host name in {key}: {url}',
  /** `usages`: those that it has. */
  file_lacks_usage: ({
    path,
    usages,
    missing,
  }: Path & { readonly usages: readonly string[]; readonly missing: readonly string[] }) =>
    `the certificate in ${path} is for ${usages.join(' and ')}, and not for ${missing.join(' and ')}`,
  file_of_other_authority: 'no authority in {authorityPath} issued the certificate in {path}',
  file_ended: 'the certificate in {path} ended at {until}, and this clock says {now}',
  file_begins_later: 'the certificate in {path} begins at {from}, and this clock says {now}',
  file_lacks_name: 'the certificate in {path} does not name {wanted}, which conf.yml advertises',
  file_key_differs: 'the key in {keyPath} does not belong to the certificate in {path}',
  file_missing: 'conf.yml names {path}, and there is no such file',
  agent_runs_not: 'the agent does not run on this machine',
  /** `isNow`: it slows down now, and not only at some time since its boot. */
  board_throttled: ({ isNow, underVoltage }: Flags<'isNow' | 'underVoltage'>) =>
    `the board ${isNow ? 'slows down now' : 'has slowed down since its boot'}${underVoltage ? ': its power supply is too weak' : ''}`,
} as const;
