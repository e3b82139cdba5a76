import { conflict, unprocessableContent } from './by-status.ts';
/** Errors about conf.yml and the folders of etcd. */
export const etcdConfigErrors = {
  layout_invalid: unprocessableContent(
    'The folders of {member} cannot be used in a conf.yml: {problem}.',
    'Correct etcDir, stateDir and logFile in agent.yml of that machine, then run `picket-agent join` there again. Nothing was kept.',
  ),
  layout_fixed: conflict(
    'The folders of {member} cannot change while its etcd uses them: {etcDir}, {dataRoot} and {logFile}.',
    'Put these paths back into agent.yml. To change them, run `picket member replace {cluster} {member}` first, which gives up its copy of the data.',
  ),
  etcd_config_invalid: unprocessableContent(
    'The etcd configuration is not valid: {problems}.',
    'Correct each point in the cluster’s spec. Nothing was written: the member keeps its present conf.yml.',
  ),
  etcd_config_unreadable: unprocessableContent(
    'This conf.yml cannot be read: {problems}.',
    'Picket writes this file. Put the file back that Picket wrote, and change the cluster’s spec instead.',
  ),
} as const;
