import fc from "fast-check";

/** The same cases in every run, so that a failure belongs to the change under test; `FC_SEED=$RANDOM npm test` looks further. */
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20261122) });
