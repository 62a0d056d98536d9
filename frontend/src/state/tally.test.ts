import fc from "fast-check";
import { expect, it } from "vitest";
import { serviceWith } from "../testing/example.ts";
import { recount } from "./tally.ts";

const score = fc.integer({ min: 0, max: 10 }).map((half) => half / 2);

it("counts as the service does, to the last bit", () => {
  fc.assert(
    fc.property(fc.array(score, { maxLength: 300 }), score, score, (others, before, after) => {
      const [none, one, other] = [
        serviceWith(others),
        serviceWith([...others, before]),
        serviceWith([...others, after]),
      ];
      expect(recount(none, undefined, before)).toEqual(one);
      expect(recount(one, before, after)).toEqual(other);
      expect(recount(other, after, undefined)).toEqual(none);
    }),
  );
});

it("counts where the distribution is not known", () => {
  const { distribution: _, ...bare } = serviceWith([4, 5]);
  expect(recount(bare, 4, 3)).toMatchObject({ ratingCount: 2, averageScore: 4 });
  expect(recount(bare, 4, 3)).not.toHaveProperty("distribution");
});
