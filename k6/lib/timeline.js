// The parts into which a run is divided, so that its summary can show how figures went along with time.
//
// k6 keeps one figure for each metric of a run. It keeps further ones for tags that a threshold names, also one without
// a condition. So each answer is tagged with the step in which its request was sent, and slo.js names all steps.

// Steps of given lengths, one after the other: `{ label, seconds, rate }`, the rate as requests a second; or `iterations`
// instead, for those of k6 a second, where one makes several requests.
export function steps(list) {
  let from = 0;
  return list.map((step, index) => {
    const placed = { ...step, id: String(index).padStart(2, "0"), from, to: from + step.seconds };
    from = placed.to;
    return placed;
  });
}

// As many steps of equal length, named by the second at which they begin.
export function evenly(seconds, count) {
  const width = seconds / count;
  return steps(
    Array.from({ length: count }, (_, index) => ({
      label: `${Math.round(index * width)} s`,
      seconds: width,
    })),
  );
}

// Steps of a run whose length nobody knows: as many of them are shown as it has taken, and the last one as long as it was.
export function until(seconds, count) {
  return evenly(seconds, count).map((step) => ({ ...step, elastic: true }));
}

// The step of a request that is sent now. What is sent after the end, because the run is late, belongs to the last one.
export function stepAt(timeline, began) {
  const elapsed = (Date.now() - began) / 1000;
  return timeline.find((step) => elapsed < step.to) || timeline[timeline.length - 1];
}

// Stages of a `ramping-arrival-rate` that go from step to step at once and stay there.
export function stages(timeline) {
  return timeline.flatMap(({ rate, iterations = rate, seconds }) => [
    { target: iterations, duration: "0s" },
    { target: iterations, duration: `${seconds}s` },
  ]);
}
