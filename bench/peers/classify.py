# SPDX-License-Identifier: MIT
"""examples/classify.c in PyTorch: the same data, tokens, network and optimizer.
usage: classify.py TRAIN.csv TEST.csv [EPOCHS [SEED]]"""
import collections
import copy
import re
import sys

import pandas
import torch
from torch import nn


def tokens(text):
    return re.findall(r"[^\W_]+(?:['’][^\W_]+)*|[^\w\s]|_", text)


class Network(nn.Module):
    def __init__(self, words, classes):
        super().__init__()
        self.embed = nn.Embedding(words, 64)
        self.rnn = nn.LSTM(64, 64, bidirectional=True)
        self.dense = nn.Linear(128, 64)
        self.drop = nn.Dropout(0.5)
        self.out = nn.Linear(64, classes)

    def forward(self, text, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(
            self.embed(text), lengths, enforce_sorted=False)
        _, (h, _) = self.rnn(packed)
        return self.out(self.drop(torch.relu(self.dense(torch.cat([h[0], h[1]], 1)))))


def collate(batch):
    texts, labels = zip(*batch)
    lengths = torch.tensor([len(t) for t in texts])
    return nn.utils.rnn.pad_sequence(texts), lengths, torch.tensor(labels)


def evaluate(model, batches):
    model.eval()
    loss = right = count = 0
    with torch.no_grad():
        for text, lengths, label in batches:
            scores = model(text, lengths)
            loss += nn.functional.cross_entropy(scores, label, reduction="sum").item()
            right += (scores.argmax(1) == label).sum().item()
            count += len(label)
    return loss / count, right / count


def main():
    learn, test = (pandas.read_csv(path, keep_default_na=False) for path in sys.argv[1:3])
    epochs = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    torch.manual_seed(int(sys.argv[4]) if len(sys.argv) > 4 else 1)

    times = collections.Counter(t for text in learn.text for t in tokens(text))
    words = {t: i + 1 for i, t in enumerate(t for t, n in times.items() if n >= 2)}
    labels = {name: i for i, name in enumerate(learn.label.unique())}

    def encode(table):
        return [(torch.tensor([words.get(t, 0) for t in tokens(text)][:100]), labels[label])
                for text, label in zip(table.text, table.label)]

    all_ = encode(learn)
    train, valid = torch.utils.data.random_split(all_, [0.9, 0.1])
    train, valid, test = (torch.utils.data.DataLoader(part, 32, shuffle=True, collate_fn=collate)
                          for part in (train, valid, encode(test)))
    model = Network(len(words) + 1, len(labels))
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    best, since = (float("inf"), None), 0
    for epoch in range(epochs):
        model.train()
        for text, lengths, label in train:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(text, lengths), label).backward()
            optimizer.step()
        loss, right = evaluate(model, valid)
        print(f"epoch {epoch + 1}  valid_loss {loss:.4f}  valid_accuracy {right:.4f}",
              file=sys.stderr)
        since += 1
        if loss < best[0]:
            best, since = (loss, copy.deepcopy(model.state_dict())), 0
        if since == 3:
            break
    model.load_state_dict(best[1])
    print(f"right: {100 * evaluate(model, test)[1]:.2f} %")


main()
