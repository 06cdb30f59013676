"""What comes from elsewhere and what others read: checkpoints and submissions, in and out."""
