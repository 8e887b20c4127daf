"""The attack laboratory: presentations built from real captures, so that attack detection can be measured."""
