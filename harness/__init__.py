"""A scaling harness: how much does intermediate-task compute buy, for which languages, at which model size?"""
