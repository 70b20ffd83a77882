/** What a cluster can be made to do on purpose. */
export type ClusterFaultKind = 'never-starts' | 'start-fails' | 'dies' | 'stuck-terminating';

export interface ClusterFault {
  kind: ClusterFaultKind;
  /** Only this cluster; any where it is not given. */
  clusterId?: string | undefined;
  /** How many times. */
  count: number;
}

/**
 * Faults that wait for their clusters; kept in memory, so that a restart has none. `dies` meets a cluster when a task
 * is placed on it, or at once where the cluster is named and runs.
 */
export interface ClusterFaults {
  add(fault: ClusterFault): void;
  list(): readonly ClusterFault[];
  /** Also lets go of the clusters that a fault holds. */
  clear(): void;
}

export interface FaultBoard extends ClusterFaults {
  /** Uses one up. */
  take(kind: ClusterFaultKind, clusterId: string): boolean;
}

export function openClusterFaults(on: { added: (fault: ClusterFault) => void; cleared: () => void }): FaultBoard {
  let faults: ClusterFault[] = [];
  return {
    add(fault) {
      const own = { ...fault };
      faults.push(own);
      on.added(own);
    },
    list: () => faults.filter((fault) => fault.count > 0),
    clear() {
      faults = [];
      on.cleared();
    },
    take(kind, clusterId) {
      const fault = faults.find(
        (one) => one.kind === kind && one.count > 0 && (one.clusterId === undefined || one.clusterId === clusterId),
      );
      if (fault !== undefined) fault.count--;
      return fault !== undefined;
    },
  };
}
