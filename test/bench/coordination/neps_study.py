"""A worker of NePS, regularized evolution in a root directory.

neps_study.py worker ROOT [--until N]     see session.mjs; without fsync and until N are finished, to make a study of N
neps_study.py stranded ROOT               how many configurations were begun and have no report
"""

import logging
import os
import sys
from pathlib import Path

from session import CHOICES, Session, fitness


def work(root):
    import neps

    class Space(neps.PipelineSpace):
        pass

    for index in range(16):
        setattr(Space, f"nibble_{index}", neps.Integer(0, 15))
    for index in range(4):
        setattr(Space, f"choice_{index}", neps.Categorical(CHOICES))
    logging.disable(logging.INFO)
    if "--until" in sys.argv:
        os.fsync = lambda descriptor: None
    session = Session()
    is_first = True

    def evaluate_pipeline(**values):
        nonlocal is_first
        # When the next one begins, the one before is written down.
        if not is_first:
            session.finished()
        is_first = False
        return -fitness([values[f"nibble_{index}"] for index in range(16)])

    evolution = dict(population_size=100, tournament_size=2, mutation_type="mutate_best", n_mutations=1)
    neps.run(
        evaluate_pipeline,
        Space(),
        root_directory=root,
        optimizer=("neps_regularized_evolution", evolution),
        worker_evaluations_to_spend=10**7,
    )


def stranded(root):
    configurations = [path for path in (Path(root) / "configs").iterdir() if path.is_dir()]
    return sum(1 for path in configurations if not (path / "report.yaml").exists())


if __name__ == "__main__":
    if sys.argv[1] == "worker":
        work(sys.argv[2])
    else:
        print(stranded(sys.argv[2]))
