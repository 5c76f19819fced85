"""A worker of Optuna, its journal in a file, with the lock that it takes by itself.

optuna_study.py worker JOURNAL      see session.mjs
optuna_study.py make JOURNAL N      a study of N finished trials: a thousand that were run, then their lines again under
                                    the next numbers
optuna_study.py stranded JOURNAL    how many trials are RUNNING
"""

import json
import logging
import os
import sys

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from session import CHOICES, Session, fitness

optuna.logging.set_verbosity(optuna.logging.ERROR)
logging.captureWarnings(True)
RUN = 1000


def objective(trial):
    nibbles = [trial.suggest_int(f"nibble_{index}", 0, 15) for index in range(16)]
    for index in range(4):
        trial.suggest_categorical(f"choice_{index}", CHOICES)
    return fitness(nibbles)


def storage(path):
    return JournalStorage(JournalFileBackend(os.path.abspath(path)))


def load(path):
    return optuna.load_study(study_name="study", storage=storage(path), sampler=optuna.samplers.RandomSampler())


def work(path):
    study = load(path)
    session = Session()
    while True:
        study.optimize(objective, n_trials=1)
        session.finished()


def make(path, trials):
    os.fsync = lambda descriptor: None
    optuna.create_study(study_name="study", storage=storage(path), direction="maximize")
    load(path).optimize(objective, n_trials=min(trials, RUN))
    with open(path, encoding="utf8") as file:
        lines = [json.loads(line) for line in file]
    head = sum(1 for line in lines if "trial_id" not in line and "datetime_start" not in line)
    trial_lines = lines[head:]
    with open(path, "a", encoding="utf8") as file:
        for again in range(1, -(-trials // RUN)):
            for line in trial_lines:
                copy = dict(line)
                if "trial_id" in copy:
                    copy["trial_id"] += again * RUN
                file.write(json.dumps(copy, separators=(",", ":")) + "\n")
    found = len(load(path).get_trials(deepcopy=False))
    if found != trials:
        raise SystemExit(f"{found} trials were made, not {trials}")


if __name__ == "__main__":
    what, path = sys.argv[1:3]
    if what == "worker":
        work(path)
    elif what == "make":
        if int(sys.argv[3]) == 0:
            optuna.create_study(study_name="study", storage=storage(path), direction="maximize")
        else:
            make(path, int(sys.argv[3]))
    else:
        states = [trial.state for trial in load(path).get_trials(deepcopy=False)]
        print(states.count(optuna.trial.TrialState.RUNNING))
