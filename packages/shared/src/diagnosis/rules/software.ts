import { grantsPicketUser } from '../../etcd-users/picket-user.ts';
import { ofDownEtcd } from './consequences.ts';
import { releaseRemedyOr } from './release-remedy.ts';
import { commandIn, here, pathIn, programIn, type Rule, there } from './rule.ts';

export const confRules: readonly Rule[] = [
  {
    cause: 'cause_listen_on_name',
    page: 'find-the-cause.md#a-host-name-where-etcd-listens',
    shownBy: ['etcd_listen_name', 'conf_listens_on_name'],
    next: there((proof) => `grep -n listen ${pathIn(proof) ?? '/etc/etcd/conf.yml'}; ip -brief addr`),
    explains: [...ofDownEtcd, 'cause_settings_refused'],
  },
  {
    cause: 'cause_file_missing',
    page: 'find-the-cause.md#certificates-that-do-not-fit',
    shownBy: ['etcd_file_unreadable', 'file_missing'],
    next: there((proof) => `ls -l ${pathIn(proof) ?? '/etc/etcd'}`),
    explains: ofDownEtcd,
  },
];

export const softwareRules: readonly Rule[] = [
  {
    cause: 'cause_etcd_not_executable',
    page: 'find-the-cause.md#an-etcd-that-cannot-be-run',
    shownBy: [],
    errors: ['etcd_unusable'],
    next: there((proof) => `ls -lL ${programIn(proof) ?? '/usr/bin/etcd'}`),
    explains: [...ofDownEtcd, 'cause_etcd_missing'],
    leavesOpen: ['cause_etcd_missing'],
  },
  {
    cause: 'cause_folder_noexec',
    page: 'run-etcd-from-a-release.md#if-it-fails',
    shownBy: ['tool_folder_noexec'],
    next: releaseRemedyOr(there('grep -w noexec /proc/mounts')),
    explains: [...ofDownEtcd, 'cause_etcd_missing'],
    leavesOpen: ['cause_etcd_missing'],
  },
  {
    cause: 'cause_etcd_missing',
    page: 'install-a-node.md#if-it-fails',
    shownBy: ['etcd_to_install', 'etcd_cannot_run', 'etcd_not_installed', 'etcdctl_missing'],
    errors: ['etcd_not_installed'],
    // The agent's status names the package of the right minor version. A plain `apk add etcd` may install another one.
    next: (of, scene) => there(commandIn(of.proof, scene) ?? 'picket-agent status')(of, scene),
    explains: ofDownEtcd,
  },
  {
    cause: 'cause_etcd_too_old',
    page: 'find-the-cause.md#an-etcd-that-does-not-start-with-its-data',
    shownBy: ['etcd_older_than_cluster', 'etcd_older_than_data'],
    next: there('picket-agent status; etcd --version'),
    explains: [...ofDownEtcd, 'cause_cannot_join'],
  },
  {
    cause: 'cause_data_of_former_etcd',
    page: 'find-the-cause.md#an-etcd-that-does-not-start-with-its-data',
    shownBy: ['etcd_counts_learners', 'etcd_entry_unreadable', 'etcd_has_former_api_data'],
    next: there('picket-agent status; etcd --version'),
    explains: ofDownEtcd,
  },
  {
    cause: 'cause_minor_ordered',
    page: 'find-the-cause.md#an-etcd-that-does-not-start-with-its-data',
    shownBy: ['minor_ordered', 'no_way_back', 'way_back_unknown', 'no_order_back'],
    next: there('picket-agent status; etcd --version'),
    countsAs: 'remark',
  },
  {
    cause: 'cause_cannot_join',
    page: 'find-the-cause.md#an-etcd-that-does-not-start-with-its-data',
    shownBy: ['etcd_cannot_join'],
    next: there('picket-agent status; etcd --version'),
    explains: ofDownEtcd,
  },
  {
    cause: 'cause_agent_old',
    page: 'upgrade-the-agents.md',
    shownBy: ['agent_too_far'],
    next: here(() => 'picket installer --upgrade'),
    countsAs: 'minor',
  },
  {
    cause: 'cause_authentication',
    page: 'troubleshoot.md#etcds-authentication-is-on',
    shownBy: ['authentication_is_on', 'authentication_on', 'etcd_user_refused', 'admin_certificate_missing'],
    next: there(grantsPicketUser),
    explains: ['cause_voter_down', 'cause_no_quorum'],
    // Picket does not see whether an etcd that keeps it out serves.
    leavesOpen: ['cause_voter_down'],
  },
  {
    cause: 'cause_user_like_server',
    page: 'use-etcds-authentication.md',
    shownBy: ['user_named_like_server'],
    next: there('etcdctl user list'),
    countsAs: 'minor',
  },
  {
    cause: 'cause_foreign_files',
    page: 'install-a-node.md#a-machine-that-already-has-an-etcd',
    shownBy: ['conf_of_others', 'profile_of_others', 'data_dir_of_others', 'conf_not_marked'],
    next: there((proof) => `ls -l ${pathIn(proof) ?? '/etc/etcd/conf.yml'}`),
    explains: ofDownEtcd,
  },
  {
    cause: 'cause_other_etcd',
    page: 'install-a-node.md#a-machine-that-already-has-an-etcd',
    shownBy: ['unknown_etcd_runs'],
    next: there('pidof etcd && ps -o pid,args'),
    explains: ofDownEtcd,
  },
  {
    cause: 'cause_stopped_by_hand',
    page: 'troubleshoot.md',
    shownBy: ['stopped_by_hand'],
    next: there('rc-service etcd start || systemctl start etcd'),
    explains: ofDownEtcd,
  },
];
