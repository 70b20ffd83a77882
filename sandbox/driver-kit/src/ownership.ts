import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { SlowLaneError } from '@slowlane/contracts';
import { identify, isAlive } from '@slowlane/process';
import type { ProcessIdentity } from '@slowlane/process';

/** Who keeps a sandbox: the process that made it, or its supervisor. When that process is gone the sandbox is left over. */
export interface Owner extends ProcessIdentity {
  isSupervisor: boolean;
}

/** The folder of a sandbox is its id's claim. Throws `sandbox.refused` when the id is in use. */
export function claim(sandboxes: string, id: string): void {
  try {
    mkdirSync(`${sandboxes}/${id}`, { mode: 0o700 });
  } catch (cause) {
    throw new SlowLaneError('sandbox.refused', `id: ${id} is in use`, {
      cause,
      hint: 'Give every sandbox an id of its own.',
    });
  }
  setOwner(sandboxes, id, { pid: process.pid, isSupervisor: false });
}

export function setOwner(sandboxes: string, id: string, owner: { pid: number; isSupervisor: boolean }): void {
  const identity = identify(owner.pid) ?? { pid: owner.pid, startTicks: 0 };
  const file = `${sandboxes}/${id}/owner.json`;
  writeFileSync(`${file}.part`, JSON.stringify({ ...identity, isSupervisor: owner.isSupervisor }));
  renameSync(`${file}.part`, file);
}

/** The owner when it is alive. */
export function livingOwner(sandboxes: string, id: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(`${sandboxes}/${id}/owner.json`, 'utf8')) as Owner;
    return isAlive(owner) ? owner : undefined;
  } catch {
    return undefined;
  }
}
