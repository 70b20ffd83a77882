import { SlowLaneError } from '@slowlane/contracts';
import type { PluginProcess } from './plugin-process.ts';

export interface PoolOptions {
  /** Most processes at a time. */
  size: number;
  /** A process that nobody has used for so long is ended. */
  idleMs: number;
  start: (pluginId: string) => Promise<PluginProcess>;
  onEndFailed: (error: unknown) => void;
}

/**
 * Processes by plugin. A process serves one plugin for its whole life, so that no plugin can prepare answers for another. When all places are taken, an
 * idle process of another plugin makes room; when all are busy, calls wait in order.
 */
export interface ProcessPool {
  /** Runs `use` with a process that nobody else uses; it goes back when it is still usable, and is ended when not. */
  with<T>(pluginId: string, use: (process: PluginProcess) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

interface Idle {
  pluginId: string;
  process: PluginProcess;
  timer: NodeJS.Timeout;
}

export function createProcessPool(options: PoolOptions): ProcessPool {
  const idle: Idle[] = [];
  const busy = new Set<PluginProcess>();
  const ending = new Set<Promise<void>>();
  const waiting: (() => void)[] = [];
  let taken = 0;
  let isClosed = false;

  return { with: withProcess, close };

  async function withProcess<T>(pluginId: string, use: (process: PluginProcess) => Promise<T>): Promise<T> {
    const process = await take(pluginId);
    busy.add(process);
    try {
      return await use(process);
    } finally {
      busy.delete(process);
      giveBack(pluginId, process);
    }
  }

  async function take(pluginId: string): Promise<PluginProcess> {
    for (;;) {
      if (isClosed) throw new SlowLaneError('plugin.failed', `plugin ${pluginId}: the plugin host is closed`);
      const found = removeIdle((one) => one.pluginId === pluginId);
      if (found?.process.isUsable() === true) return found.process;
      if (found !== undefined) drop(found.process);
      else if (taken < options.size) return startCounted(pluginId);
      else if (idle.length > 0) drop((removeIdle(() => true) as Idle).process);
      else await new Promise<void>((resolve) => waiting.push(resolve));
    }
  }

  async function startCounted(pluginId: string): Promise<PluginProcess> {
    taken++;
    try {
      return await options.start(pluginId);
    } catch (error) {
      freePlace();
      throw error;
    }
  }

  function giveBack(pluginId: string, process: PluginProcess): void {
    if (isClosed || !process.isUsable()) return drop(process);
    const timer = setTimeout(() => {
      removeIdle((one) => one.process === process);
      drop(process);
    }, options.idleMs);
    timer.unref();
    idle.push({ pluginId, process, timer });
    waiting.shift()?.();
  }

  function removeIdle(matches: (one: Idle) => boolean): Idle | undefined {
    const index = idle.findIndex(matches);
    const [found] = index < 0 ? [] : idle.splice(index, 1);
    clearTimeout(found?.timer);
    return found;
  }

  function drop(process: PluginProcess): void {
    const ended = process
      .end()
      .catch(options.onEndFailed)
      .finally(() => ending.delete(ended));
    ending.add(ended);
    freePlace();
  }

  function freePlace(): void {
    taken--;
    waiting.shift()?.();
  }

  async function close(): Promise<void> {
    isClosed = true;
    while (waiting.length > 0) waiting.shift()?.();
    while (idle.length > 0) drop((removeIdle(() => true) as Idle).process);
    await Promise.all([...busy].map((process) => process.end().catch(options.onEndFailed)));
    await Promise.all(ending);
  }
}
