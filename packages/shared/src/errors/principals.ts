/** Who is asking, and by which key. */
export const principalErrors = {
  certificate_required: {
    status: 401,
    message: 'This route needs a client certificate issued by this coordinator, and none was accepted: {reason}.',
    hint: 'Nodes get one by joining; operators use the context file that picket-coordinator init wrote.',
  },
  not_permitted: {
    status: 403,
    message: 'The principal {principal} may not do this; it needs {needs}.',
    hint: 'Use an operator context with that role. On the coordinator, while it is stopped, `picket-coordinator operator NAME --role ROLE --context FILE` makes one or changes the role.',
  },
  installer_missing: {
    status: 404,
    message: 'This coordinator has no agent to hand out: the files for nodes are not where it looks for them.',
    hint: 'In a checkout run `npm run build` and start the coordinator again; elsewhere let installDir in coordinator.yml name their folder.',
  },
  identity_superseded: {
    status: 401,
    message: 'The key that was shown is of generation {generation} of node {nodeId}, which has a newer one.',
    hint: 'If this machine is a copy of another, switch it off. If it is the node itself, set back to an older copy of its disk: `picket token create CLUSTER --member NAME`, and here `picket-agent join --again`.',
  },
  identity_frozen: {
    status: 403,
    message: 'Node {nodeId} gets no certificate since {frozenAt}: {reason}.',
    hint: 'etcd goes on. Find the copy of this node and switch it off, then `picket node unfreeze {nodeId}`; or join the right one again with a new token.',
  },
  identity_not_frozen: {
    status: 409,
    message: 'Node {nodeId} is not frozen.',
    hint: '`picket node list` shows which nodes are.',
  },
  identity_key_used: {
    status: 409,
    message: 'The key of this request has been the identity of a node before.',
    hint: 'A renewal needs a new key; the agent makes one. To keep the same key, join again.',
  },
  key_unknown: {
    status: 401,
    message: 'No node is known here by the key that was shown.',
    hint: 'Join with a new token. If the coordinator was restored from a backup, it may be older than this node.',
  },
} as const;
