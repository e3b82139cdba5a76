import { grantsPicketUser } from '../../etcd-users/picket-user.ts';
import { ofDownEtcd, ofSilence } from './consequences.ts';
import { here, listsListeners, type Proof, pathIn, programIn, type Rule, there } from './rule.ts';

const status = 'picket-agent status';

export const confRules: readonly Rule[] = [
  {
    cause: 'cause_listen_on_name',
    page: 'find-the-cause.md#a-host-name-where-etcd-listens',
    shownBy: ['etcd_listen_name', 'conf_listens_on_name'],
    next: (of, scene) => there(`grep -n listen ${pathIn(of.proof) ?? '/etc/etcd/conf.yml'}; ip -brief addr`)(of, scene),
    explains: [...ofDownEtcd, 'cause_settings_refused'],
  },
  {
    cause: 'cause_file_missing',
    page: 'find-the-cause.md#certificates-that-do-not-fit',
    shownBy: ['etcd_file_unreadable', 'file_missing'],
    next: (of, scene) => there(`ls -l ${pathIn(of.proof) ?? '/etc/etcd'}`)(of, scene),
    explains: ofDownEtcd,
  },
];

export const softwareRules: readonly Rule[] = [
  {
    cause: 'cause_version_held_back',
    page: 'choose-the-etcd-version.md#install-the-right-minor-version-again',
    shownBy: [
      ...(['minor_to_install', 'minor_would_change', 'other_minor_installed', 'other_minor_would_start'] as const),
      'etcd_older_than_cluster',
    ],
    // On a board it is the board's own command. Elsewhere a node could report any.
    next: (of, scene) => there(scene.place === 'board' ? (remedyIn(of.proof) ?? status) : status)(of, scene),
    explains: ofDownEtcd,
  },
  {
    cause: 'cause_etcd_not_executable',
    page: 'find-the-cause.md#an-etcd-that-cannot-be-run',
    shownBy: [],
    errors: ['etcd_unusable'],
    next: (of, scene) => there(`ls -lL ${programIn(of.proof) ?? '/usr/bin/etcd'}`)(of, scene),
    explains: [...ofDownEtcd, 'cause_etcd_missing'],
    leavesOpen: ['cause_etcd_missing'],
  },
  {
    cause: 'cause_etcd_missing',
    page: 'install-a-node.md#if-it-fails',
    shownBy: ['etcd_to_install', 'etcd_cannot_run', 'etcd_not_installed', 'etcdctl_missing'],
    errors: ['etcd_not_installed'],
    next: there('apk add etcd etcd-ctl || apt-get install -y etcd-server etcd-client'),
    explains: ofDownEtcd,
  },
  {
    cause: 'cause_agent_old',
    page: 'upgrade-the-agents.md',
    shownBy: ['agent_too_far'],
    next: here(() => 'picket installer --upgrade'),
    explains: [],
    isMinor: true,
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
    explains: [],
    isMinor: true,
  },
  {
    cause: 'cause_foreign_files',
    page: 'install-a-node.md#a-machine-that-already-has-an-etcd',
    shownBy: ['conf_of_others', 'profile_of_others', 'data_dir_of_others', 'conf_not_marked'],
    next: (of, scene) => there(`ls -l ${pathIn(of.proof) ?? '/etc/etcd/conf.yml'}`)(of, scene),
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
  {
    cause: 'cause_settings_refused',
    page: 'change-settings.md#if-it-fails',
    shownBy: ['conf_refused', 'conf_usable', 'etcd_settings_refused'],
    ofTrial: 'too',
    next: here((_member, cluster) => `picket cluster history ${cluster}`),
    explains: ['cause_rollout_stopped', 'cause_etcd_ends', 'cause_voter_down'],
    otherwise: ['way_abort_rollout', 'way_resume_rollout'],
  },
  {
    cause: 'cause_rollout_port_taken',
    page: 'change-settings.md#if-it-fails',
    shownBy: ['port_to_be_free', 'etcd_port_taken'],
    ofTrial: 'only',
    next: listsListeners,
    explains: ['cause_rollout_stopped'],
    sparesEtcd: true,
    otherwise: ['way_resume_rollout', 'way_abort_rollout'],
  },
  {
    cause: 'cause_rollout_stopped',
    page: 'change-settings.md#if-it-fails',
    shownBy: ['rollout_stopped', 'conf_put_back', 'conf_crashed', 'conf_silent', 'conf_not_started'],
    ofTrial: 'only',
    next: here((_member, cluster) => `picket rollout resume ${cluster}`),
    explains: [],
    sparesEtcd: true,
    isSymptom: true,
    otherwise: ['way_abort_rollout'],
  },
  {
    cause: 'cause_etcd_ends',
    page: 'troubleshoot.md#etcd-crashes',
    shownBy: ['ended', 'ended_often', 'ended_and_silent', 'ended_unobserved', 'start_pauses'],
    next: there('tail -n 20 /var/log/etcd/etcd.log'),
    explains: [...ofSilence, 'cause_etcd_restarted'],
    isSymptom: true,
  },
  {
    cause: 'cause_etcd_restarted',
    page: 'troubleshoot.md#etcd-crashes',
    shownBy: ['restarted'],
    next: here((member, cluster) => `picket events ${cluster} --node ${member} --since 24h`),
    explains: [],
    isOver: true,
    isSymptom: true,
  },
];

/** A remedy is a command, or a sentence for a system whose packages Picket does not know. */
function remedyIn(proof: readonly Proof[]): string | null {
  const found = proof.map(({ reason }) => (reason.facts as { readonly remedy?: unknown }).remedy);
  return found.find((one): one is string => typeof one === 'string' && /^(?:apk|apt-get) /.test(one)) ?? null;
}
