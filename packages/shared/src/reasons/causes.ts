/** The members that a cause concerns; empty for the whole cluster, and on the board itself. */
type Of = { readonly members: readonly string[] };

const of = ({ members }: Of, noun: string) =>
  members.length === 0 ? `The ${noun} here` : `The ${noun} of ${members.join(', ')}`;
const who = ({ members }: Of) => (members.length === 0 ? 'This member' : members.join(', '));
/** The form of a verb for one or several members. */
const form = ({ members }: Of, one: string, several: string) => (members.length > 1 ? several : one);
const at = ({ members }: Of) => (members.length === 0 ? '' : ` at ${members.join(', ')}`);
const on = ({ members }: Of) => (members.length === 0 ? '' : ` on ${members.join(', ')}`);

/** What a diagnosis names as the cause of a fault, and what to do about it. */
export const causeReasons = {
  cause_key_usage: (its: Of) =>
    `A certificate${on(its)} does not allow its use. The server certificate of etcd needs the usages serverAuth and clientAuth, ` +
    'because etcd’s gateway dials etcd with it; a client certificate needs clientAuth. Issue the certificate again with them.',
  cause_listen_on_name: (its: Of) =>
    `conf.yml${on(its)} has a host name where etcd listens. etcd listens on IP addresses only: write the address of the machine there.`,
  cause_foreign_certificates: (its: Of) =>
    `${of(its, 'certificate')} is not from the authority of this cluster. Somebody put another file in its place, or the ` +
    'authority was changed. Picket replaces its own files once its agent reaches the coordinator.',
  cause_authority_mismatch: (its: Of) =>
    `Certificates${on(its)} come from an authority that the other side does not trust. All members need certificates of one authority, ` +
    'and its certificate as the trusted CA.',
  cause_key_mismatch: (its: Of) =>
    `A key${on(its)} does not belong to its certificate, so every TLS handshake fails. Put the right pair in place.`,
  cause_etcd_can_lose_data:
    'The version of etcd that the members run has known faults by which the cluster can lose data, or a member may not start. Nothing of that is seen now. Install a version that has the fixes.',
  cause_name_missing: (its: Of) =>
    `A certificate${on(its)} lacks a name or an address by which others connect. Issue it again with all names and addresses of the machine.`,
  cause_certificate_ended: (its: Of) =>
    `A certificate${on(its)} has ended, if the clock in the proof is right. Renew it. If that clock is ahead, set it instead.`,
  cause_certificate_early: (its: Of) =>
    `A certificate${on(its)} is not valid yet. Either the clock in the proof is behind, or the clock of the issuer was ahead.`,
  cause_renewal_late: (its: Of) => `A certificate${on(its)} ends soon and was not renewed in time.`,
  cause_coordinator_clock:
    'The clocks of most members agree and differ from the coordinator’s, so the coordinator’s clock is the wrong one. Set it.',
  cause_clock: (its: Of) => `${of(its, 'clock')} is wrong. Set it, and keep a time service running.`,
  cause_clock_drift: (its: Of) => `${of(its, 'clock')} drifts. Keep a time service running there.`,
  cause_machine_off: (its: Of) => `${of(its, 'machine')} was shut down. Switch it on.`,
  cause_agent_stopped: (its: Of) => `${of(its, 'agent')} was stopped. Start it. etcd may run on without it.`,
  cause_coordinator_unreached:
    'No agent reports. If the machines are on, the fault lies between them and the coordinator: network, firewall or its address.',
  cause_coordinator_away: (its: Of) =>
    `${of(its, 'agent')} cannot reach the coordinator: its service is down, or the network, a firewall or a wrong address is in between. ` +
    'etcd runs on without it.',
  cause_never_reported: (its: Of) =>
    `${who(its)} ${form(its, 'has', 'have')} joined, and ${form(its, 'its agent has', 'their agents have')} not reported yet. Start the agent. If it ` +
    'runs, `picket-agent status` there says whether it reaches the coordinator.',
  cause_silent: (its: Of) =>
    `${who(its)} ${form(its, 'does', 'do')} not report: a machine is off or has no network, or its agent was killed. Its etcd may still serve.`,
  cause_data_lost: (its: Of) =>
    `The data directory of etcd${on(its)} is missing: the disk is not mounted, or its data was deleted. Mount the disk. If the data is ` +
    'lost, replace the member. Never let etcd start empty under its old name.',
  cause_data_damaged: (its: Of) =>
    `etcd${on(its)} cannot read its data, for example after a power cut or on a failing SD card. Replace the member; with a majority of ` +
    'the others, no data is lost.',
  cause_data_differs: 'The data of a member differs from the data of the others (CORRUPT). Clients cannot write.',
  cause_database_full: 'The database is full (NOSPACE): etcd takes no writes except deletions.',
  cause_database_near_quota: (its: Of) =>
    `${of(its, 'database')} is nearly as large as its quota. At the quota etcd takes no writes.`,
  cause_disk_full: (its: Of) => `${of(its, 'disk')} is full. etcd ends when its log needs more room.`,
  cause_disk_low: (its: Of) => `${of(its, 'disk')} is nearly full.`,
  cause_slow_disk_elections: (its: Of) =>
    `${of(its, 'disk')} is too slow for etcd, and leaders change because of it. Use a faster disk, such as an SSD, or raise the ` +
    'heartbeat and election times.',
  cause_slow_disk: (its: Of) => `${of(its, 'disk')} is slow for etcd. Under load, leaders may change.`,
  cause_hash_check_off: (its: Of) =>
    `etcd${on(its)} does not compare its data with the other members. It runs with another conf.yml than Picket’s, or its version ignores the ` +
    'key that switches the comparison on.',
  cause_hot: (its: Of) =>
    `${of(its, 'board')} is too hot or has too little power, and slows down. Improve its cooling or its power supply.`,
  cause_port_taken: (its: Of) =>
    `Another program${on(its)} uses a port of etcd. Stop that program, or another etcd that still runs.`,
  cause_address_missing: (its: Of) =>
    `conf.yml${on(its)} has an address that no network interface of the machine has. Give the machine this address, or correct conf.yml.`,
  cause_file_missing: (its: Of) => `etcd${on(its)} cannot read a file that its conf.yml names.`,
  cause_dns: (its: Of) =>
    `A name cannot be resolved${on(its)}. Add it to DNS or to /etc/hosts of every member, or use addresses.`,
  cause_other_cluster: (its: Of) =>
    `${who(its)} ${form(its, 'runs', 'run')} etcd in another cluster than the others: the data was founded again, with another token or from ` +
    'another restore. Let it join as a new member, with empty data.',
  cause_member_removed: (its: Of) =>
    `${who(its)} ${form(its, 'was', 'were')} removed from the cluster, and etcd does not start with the old data again. Replace the member.`,
  cause_client_refused: (its: Of) =>
    `TLS fails between a client and etcd${on(its)}. The certificate of the client, or the CA that it trusts, is not of this cluster. ` +
    'The proof names the client.',
  cause_peer_tls: (its: Of) =>
    `TLS fails between ${its.members.length === 0 ? 'this member' : its.members.join(', ')} and its peers. Compare the certificates and the trusted CA of both sides.`,
  cause_peer_refused: (its: Of) =>
    its.members.length === 0
      ? 'A peer refuses connections: its etcd does not run. Look at that machine.'
      : `The etcd of ${its.members.join(', ')} does not run: its machine refuses connections. Look at that machine.`,
  cause_peer_unreachable: (its: Of) =>
    its.members.length === 0
      ? 'A peer does not answer: its machine is off, its etcd hangs, or the network or a firewall drops the connection.'
      : `The etcd of ${its.members.join(', ')} cannot be reached: its machine is off, its etcd hangs, or the network or a firewall drops the connection.`,
  cause_version_held_back: (its: Of) =>
    `Another minor version of etcd than the one of the cluster is installed${on(its)}, so Picket does not start it. Install the right one, run a release of the right minor version, or upgrade the whole cluster if the proof names that.`,
  cause_etcd_too_old: (its: Of) =>
    `etcd${on(its)} is older than its cluster or its data, and ends at its start. Install the newer minor version again: the proof or the ` +
    'other members show which.',
  cause_data_of_former_etcd: (its: Of) =>
    `The data of etcd${on(its)} has records with which the installed etcd does not start, as after an upgrade from an earlier minor version. ` +
    'If it was upgraded, install the earlier version again. The page says what to do before the next attempt.',
  cause_minor_ordered: (its: Of) =>
    `etcd${on(its)} goes from one minor version to another one by an operator’s order. The proof says from which to which, and whether the way back is open.`,
  cause_cannot_join: (its: Of) =>
    `etcd${on(its)} ended because no member told it of a cluster that it can join: it is older than the cluster, no member answers it, or ` +
    'the cluster has no leader yet.',
  cause_etcd_not_executable: (its: Of) => `etcd${on(its)} is installed and cannot be run. The proof says why.`,
  cause_folder_noexec: (its: Of) =>
    `The state folder of Picket is mounted noexec${on(its)}, so no program from the release store runs there. The proof names the mount.`,
  cause_etcd_missing: (its: Of) => `etcd, or etcdctl, is not installed${on(its)}.`,
  cause_agent_old: (its: Of) =>
    `${of(its, 'agent')} and the coordinator are more than one minor version apart. Upgrade the older one.`,
  cause_authentication: (its: Of) =>
    `etcd’s authentication is on and keeps Picket out${on(its)}. Create the etcd user of Picket.`,
  cause_user_like_server:
    'An etcd user has the name of a member’s server certificate, so each call through etcd’s JSON gateway has its rights. Delete that user.',
  cause_foreign_files: (its: Of) => `A file${on(its)} is not Picket’s, and Picket does not overwrite it. Move it away.`,
  cause_other_etcd: (its: Of) =>
    `An etcd runs${on(its)} that Picket did not start. Stop it, or let Picket adopt nothing on this machine.`,
  cause_stopped_by_hand: (its: Of) => `Somebody stopped etcd${on(its)}. Picket does not start it against this will.`,
  cause_etcd_ends: (its: Of) => `etcd${on(its)} ends soon after its start. Its last words are the proof.`,
  cause_etcd_restarted: (its: Of) => `etcd${on(its)} ended unexpectedly within the last day and was restarted.`,
  cause_settings_refused: (its: Of) =>
    `etcd${on(its)}, or its agent, refuses its settings. Correct the settings, or return to the former ones. If the agent is too old for ` +
    'them, upgrade it.',
  cause_rollout_port_taken: (its: Of) =>
    `The rollout of new settings has stopped${at(its)}, because another program used a port that they name. Stop that program or ` +
    'choose another port, then try again.',
  cause_rollout_stopped: (its: Of) =>
    `The rollout of new settings has stopped${at(its)}. The proof says why; the settings need not be wrong. Once the cause is gone, ` +
    'try the same settings again.',
  cause_rollout_paused: 'Rollouts are paused by an operator: no member gets new settings until they are resumed.',
  cause_state_not_applied: (its: Of) =>
    `${of(its, 'agent')} cannot change the machine as it should. The proof says what fails.`,
  cause_restored: () =>
    'The coordinator was restored from a backup. It takes the cluster over, and ends the freeze, once its nodes are re-adopted and a ' +
    'majority of the voters reports the same members.',
  cause_store_behind: () =>
    'The database of this coordinator is older than what it has told a node, so Picket takes no step in this cluster. Start the newer ' +
    'database. No unfreeze is needed after that.',
  cause_compromised: (its: Of) =>
    `${who(its)} ${form(its, 'was', 'were')} evicted as compromised and still ${form(its, 'votes', 'vote')} in etcd.`,
  cause_machine_missing: (its: Of) =>
    `No machine has joined as ${its.members.join(', ') || 'this member'}: nobody has run \`picket-agent join\` there, or its machine was evicted. ` +
    'Let a machine join.',
  cause_held: (its: Of) =>
    `${who(its)} ${form(its, 'is', 'are')} held: an operator works on the machine, and its etcd does not serve meanwhile. If the work is done, release it.`,
  cause_undeclared_member:
    'etcd has a member that this coordinator did not add. Picket changes no member until an operator has removed it, or has declared it after a restore of the coordinator.',
  cause_listening:
    'The coordinator has just started, or its clock was set, and has not heard every node since. Wait until it has.',
  cause_frozen: 'Picket takes no step in this cluster until an operator acts.',
  cause_quarantined: (its: Of) => `${of(its, 'node')} is quarantined: it claims what no coordinator has published.`,
  cause_awaits_readoption: (its: Of) => `The coordinator was restored. ${of(its, 'node')} waits for its re-adoption.`,
  cause_copied_node: (its: Of) => `${of(its, 'node')} has a copy: two machines have one identity.`,
  cause_snapshots_fail:
    'Snapshots fail or are late. After a loss of all members, what was written since the last one is lost.',
  cause_rehearsals_fail:
    'Restoring a snapshot fails or was not rehearsed for a while. Whether the snapshots can replace lost data is not known.',
  cause_no_quorum: 'Too few voters serve, so etcd takes no writes.',
  cause_unexplained:
    'The status says that something is wrong, and the diagnosis knows no cause for it. The proof is what the status says.',
  cause_voter_down: (its: Of) => `${of(its, 'etcd')} does not serve.`,
} as const;
