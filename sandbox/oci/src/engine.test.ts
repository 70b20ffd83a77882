import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { containerOf } from './container.ts';
import { demultiplex } from './demultiplex.ts';
import { engineVersion } from './engine.ts';

describe('an engine', () => {
  it('that does not answer is named with its socket and what to do', async () => {
    const asked = engineVersion({ kind: 'docker', socketPath: '/nonexistent/docker.sock' });
    await expect(asked).rejects.toMatchObject({
      code: 'sandbox.failed',
      message: expect.stringContaining('/nonexistent/docker.sock'),
      hint: expect.stringContaining('slowlane.yaml'),
    });
  });
});

describe('the streams of a container', () => {
  it('come apart wherever the connection cuts them', async () => {
    const frames = Buffer.concat([frame(1, 'out 1\n'), frame(2, 'err\n'), frame(1, ''), frame(1, 'out 2\n')]);
    for (let size = 1; size <= frames.length; size++) {
      const source = new PassThrough();
      const { stdout, stderr } = demultiplex(source);
      for (let at = 0; at < frames.length; at += size) source.write(frames.subarray(at, at + size));
      source.end();
      const [out, err] = await Promise.all([stdout.toArray(), stderr.toArray()]);
      expect([textOf(out), textOf(err)]).toEqual(['out 1\nout 2\n', 'err\n']);
    }
  });

  it('are read on only as fast as somebody reads them', async () => {
    const source = new PassThrough();
    const { stdout, stderr } = demultiplex(source);
    const piece = frame(1, 'x'.repeat(60_000));
    let written = 0;
    while (written < 100 && source.write(piece)) written += 1;
    await new Promise((resolve) => setImmediate(resolve));
    expect(source.isPaused()).toBe(true);
    expect(stdout.readableLength).toBeLessThan(1_000_000);
    stderr.resume();
    const all = stdout.toArray();
    source.end();
    expect(textOf(await all).length).toBe((written + 1) * 60_000);
  });
});

describe('the container of a program', () => {
  const limits = {
    wallMs: 1,
    memoryBytes: 1,
    pids: 1,
    cpus: 1,
    workBytes: 1,
    workInodes: 1,
    outputBytes: 1,
    tmpBytes: 7,
  };
  const spec = {
    ...{ id: 'a', mounts: [], env: { A: '1' }, limits, work: { kind: 'volume' as const }, identity: 'slot' as const },
    root: { digest: 'd', binds: [{ source: '/usr', target: '/usr' }], symlinks: [], files: [] },
  };
  const cell = {
    spec,
    owner: { uid: 70_001, gid: 70_001 },
    umask: '022' as const,
    cgroup: undefined as never,
    work: '/run/w',
  };
  const berth = {
    kind: 'docker' as const,
    image: 'i',
    labels: {},
    cgroupParent: '/p',
    seccomp: '{}',
    gate: '/g',
    files: '/f',
  };

  it('has no root, no capability, no network, no socket of the engine and nothing writable without a size', () => {
    const made = containerOf(cell, { argv: ['x'], net: { mode: 'none' } }, berth);
    const host = made.HostConfig ?? {};
    expect(made.User).toBe('70001:70001');
    expect(host).toMatchObject({ CapDrop: ['ALL'], ReadonlyRootfs: true, NetworkMode: 'none', Privileged: false });
    expect(host.SecurityOpt).toEqual(['no-new-privileges', 'seccomp={}']);
    const writable = (host.Mounts ?? []).filter((one) => one.ReadOnly !== true).map((one) => one.Target);
    expect(writable).toEqual(['/work']);
    expect(JSON.stringify(host)).not.toMatch(/docker\.sock|podman\.sock/);
    for (const options of Object.values(host.Tmpfs as Record<string, string>)) expect(options).toContain('size=');
  });

  it('tells a JVM under podman, and nobody else, not to look for limits where there are none', () => {
    const java = { JAVA_TOOL_OPTIONS: '-XX:MaxRAM=1g' };
    const envOf = (kind: 'docker' | 'podman', env: Record<string, string>) =>
      containerOf(cell, { argv: ['x'], env, net: { mode: 'none' } }, { ...berth, kind }).Env?.filter((one) =>
        one.startsWith('JAVA'),
      );
    expect(envOf('podman', java)).toEqual([
      'JAVA_TOOL_OPTIONS=-XX:+IgnoreUnrecognizedVMOptions -XX:-UseContainerSupport -XX:MaxRAM=1g',
    ]);
    expect(envOf('podman', { SPARK_HOME: '/opt/spark' })).toHaveLength(1);
    expect(envOf('podman', {})).toEqual([]);
    expect(envOf('docker', java)).toEqual(['JAVA_TOOL_OPTIONS=-XX:MaxRAM=1g']);
  });

  it('never has a value of the specification in its command line', () => {
    const made = containerOf(cell, { argv: ['x', '$HOME'], env: { B: 'secret' }, net: { mode: 'none' } }, berth);
    expect(JSON.stringify([made.Entrypoint, made.Cmd])).not.toContain('secret');
    expect(made.Cmd).toEqual(['x', '$HOME']);
    expect(made.Env).toContain('B=secret');
  });
});

function frame(kind: number, text: string): Buffer {
  const head = Buffer.alloc(8);
  head[0] = kind;
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
}

function textOf(chunks: unknown[]): string {
  return Buffer.concat(chunks as Buffer[]).toString();
}
