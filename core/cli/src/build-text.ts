import { type BuildView, isBuildTerminal } from '@slowlane/contracts';
import { coveragePercent, formatBytes, formatDuration } from '@slowlane/kit';
import type { Style } from './command.ts';

export function renderBuild(view: BuildView, style: Style): string[] {
  const { artifact, failure } = view;
  return [
    `${style.bold(view.id)}  ${view.pipeline}  ${stateText(view, style)}  ${took(view)}`,
    ...(view.commit === undefined ? [] : [`commit     ${view.commit}`]),
    ...(view.plugin === undefined ? [] : [`language   ${view.plugin}${evidenceText(view)}`]),
    ...(view.cachedFrom === undefined ? [] : [`unchanged  taken over from ${view.cachedFrom}, no sandbox was started`]),
    ...(view.dependencies === undefined ? [] : [dependenciesText(view.dependencies)]),
    ...(view.varies ?? []).map((reason) => `varies     ${reason}`),
    ...(view.tests === undefined
      ? []
      : [`tests      ${view.tests.passed} passed, ${view.tests.failed} failed, ${view.tests.skipped} skipped`]),
    ...(view.coverage === undefined
      ? []
      : [`coverage   ${coveragePercent(view.coverage).toFixed(1)} % of ${view.coverage.total} lines`]),
    ...(artifact === undefined
      ? []
      : [
          `artifact   ${artifact.digest}`,
          ...[artifact.primary, ...artifact.companions].map(
            (file) => `           ${file.name}  ${formatBytes(file.size)}  ${style.dim(file.digest)}`,
          ),
        ]),
    ...(view.registrations ?? []).map(
      ({ target, workspace, jobId }) => `job        ${jobId} on ${workspace} (${target})`,
    ),
    ...(failure === undefined
      ? []
      : [`${style.bad('failure')}    ${failure.message} (${failure.code})`, style.dim(`           ${failure.hint}`)]),
  ];
}

export function stateText({ state, purpose }: BuildView, style: Style): string {
  if (state === 'built' && purpose === 'push') return style.warn('built, push not completed');
  if (!isBuildTerminal(state)) return style.warn(state);
  return state === 'registered' || state === 'built' ? style.good(state) : style.bad(state);
}

export function took({ createdAt, endedAt }: BuildView): string {
  return endedAt === undefined ? '' : formatDuration(endedAt - createdAt);
}

function dependenciesText({ how, files, floating, why }: NonNullable<BuildView['dependencies']>): string {
  return `libraries  ${how}, ${files} files${floating ? ', versions may change' : ''}: ${why}`;
}

/** One that was taken over was not detected again. */
function evidenceText({ evidence = [] }: BuildView): string {
  return evidence.length === 0 ? '' : ` (${evidence.join(', ')})`;
}
